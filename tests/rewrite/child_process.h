// The real program as a child process.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace clipwright::rewrite {

inline std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ChildProcess {
 public:
  /// Starts the program; what it prints goes to `out` and `out`.err. `prepare` runs in the child
  /// first.
  ChildProcess(std::vector<std::string> arguments, std::filesystem::path out,
               const std::function<void()>& prepare = {})
      : out_(std::move(out)) {
    arguments.insert(arguments.begin(), CLIPWRIGHT_PROGRAM);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const std::string error = out_.string() + ".err";
    pid_ = child_ = ::fork();
    if (child_ != 0) return;
    ::dup2(::open(out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    ::dup2(::open(error.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    if (prepare) prepare();
    ::execv(CLIPWRIGHT_PROGRAM, pointers.data());
    ::_exit(127);
  }
  ChildProcess(ChildProcess&& other) noexcept
      : out_(std::move(other.out_)),
        child_(std::exchange(other.child_, -1)),
        pid_(other.pid_),
        code_(other.code_) {}
  ~ChildProcess() {
    if (child_ > 0) {
      kill();
      wait();
    }
  }

  pid_t pid() const { return pid_; }
  void kill(int signal = SIGKILL) const { ::kill(pid_, signal); }
  /// The exit code, or 128 and the signal that ended it.
  int wait() {
    if (child_ > 0) {
      int status = 0;
      ::waitpid(std::exchange(child_, -1), &status, 0);
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return code_;
  }
  bool running() const {
    siginfo_t ended{};
    return child_ > 0 &&
           !(::waitid(P_PID, static_cast<id_t>(child_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
             ended.si_pid == child_);
  }
  std::string output() const { return contents_of(out_); }
  std::string errors() const { return contents_of(out_.string() + ".err"); }

 private:
  std::filesystem::path out_;
  pid_t child_ = -1;  ///< until it was waited for
  pid_t pid_ = -1;
  int code_ = -1;
};

}  // namespace clipwright::rewrite
