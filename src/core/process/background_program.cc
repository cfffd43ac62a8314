#include "core/process/background_program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/process/child_environment.h"

namespace clipwright {
namespace {

constexpr int kNice = 10;

}  // namespace

std::filesystem::path find_clipwright() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error && self.filename() == "clipwright") return self;
  for (const std::filesystem::path& folder :
       {self.parent_path(), self.parent_path().parent_path()}) {
    if (std::filesystem::is_regular_file(folder / "clipwright", error))
      return folder / "clipwright";
  }
  fail_running("there is no program clipwright beside " + self.string());
}

BackgroundProgram::BackgroundProgram(const std::filesystem::path& program,
                                     const std::vector<std::string>& arguments,
                                     const std::filesystem::path& log) {
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = child_environment();
  // Opened here: posix_spawn would give a log that cannot be made as a program that cannot be run.
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (output < 0) fail_running(log.string() + ": cannot be written (" + std::strerror(errno) + ")");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  const int code = ::posix_spawn(&process_, program.c_str(), &actions, nullptr,
                                 raw_words(words).data(), raw_words(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(output);
  if (code != 0) {
    process_ = -1;
    ended_ = true;
    fail_running(program.string() + " could not be started (" + std::strerror(code) + ")");
  }
  // Threads that it starts later inherit it.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(process_), kNice);
}

BackgroundProgram::~BackgroundProgram() {
  if (ended_) return;
  ::kill(process_, SIGKILL);
  wait();
}

bool BackgroundProgram::ended() {
  if (!ended_) {
    const pid_t found = ::waitpid(process_, &status_, WNOHANG);
    ended_ = found == process_ || (found < 0 && errno == ECHILD);
  }
  return ended_;
}

void BackgroundProgram::wait() {
  while (!ended_) {
    const pid_t found = ::waitpid(process_, &status_, 0);
    if (found < 0 && errno == EINTR) continue;
    ended_ = true;
  }
}

}  // namespace clipwright
