#include "core/process/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string_view>
#include <thread>

#include "core/error.h"
#include "core/process/child_environment.h"
#include "core/process/interrupt.h"

namespace clipwright {
namespace {

/// A file without a name that takes what a child writes: a pipe would have to be emptied meanwhile.
class Capture {
 public:
  explicit Capture(const char* name) : descriptor_(::memfd_create(name, MFD_CLOEXEC)) {
    if (descriptor_ < 0)
      fail_running(std::string("no memory for a child's output (") + std::strerror(errno) + ")");
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() { ::close(descriptor_); }

  int descriptor() const { return descriptor_; }
  /// At most the last `most` bytes.
  std::string text(size_t most) const {
    const off_t size = ::lseek(descriptor_, 0, SEEK_END);
    std::string text(std::min(most, static_cast<size_t>(std::max<off_t>(size, 0))), '\0');
    size_t done = 0;
    while (done < text.size()) {
      const ssize_t count =
          ::pread(descriptor_, text.data() + done, text.size() - done,
                  size - static_cast<off_t>(text.size()) + static_cast<off_t>(done));
      if (count <= 0) break;
      done += static_cast<size_t>(count);
    }
    text.resize(done);
    return text;
  }

 private:
  int descriptor_;
};

/// Starts this program anew with the streams that are given.
pid_t start(const std::vector<std::string>& arguments,
            const std::map<std::string, std::string>& settings, int output, int complaint) {
  std::vector<std::string> words = {"clipwright"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = child_environment(settings);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, complaint, STDERR_FILENO);
  pid_t child = 0;
  const int code = ::posix_spawn(&child, "/proc/self/exe", &actions, nullptr,
                                 raw_words(words).data(), raw_words(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (code != 0)
    fail_running(std::string("the program could not start itself (") + std::strerror(code) + ")");
  return child;
}

ChildResult result_of(int status) {
  ChildResult result;
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}

}  // namespace

ChildResult run_this_program(const std::vector<std::string>& arguments,
                             const std::map<std::string, std::string>& settings) {
  const Capture output("child's stdout"), complaint("child's stderr");
  const pid_t child = start(arguments, settings, output.descriptor(), complaint.descriptor());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR)
      fail_running(std::string("a child process was lost (") + std::strerror(errno) + ")");
  }
  ChildResult result = result_of(status);
  result.output = output.text(std::string().max_size());
  result.complaint = complaint.text(4096);
  return result;
}

ChildResult run_this_program_aloud(const std::vector<std::string>& arguments) {
  const Capture output("child's stdout");
  const pid_t child = start(arguments, {}, output.descriptor(), STDERR_FILENO);
  int status = 0;
  bool told = false;
  while (true) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR)
      fail_running(std::string("a child process was lost (") + std::strerror(errno) + ")");
    if (interrupted() && !told) {
      ::kill(child, SIGINT);
      told = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return result_of(status);
}

}  // namespace clipwright
