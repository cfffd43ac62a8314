// The real program as a process of its own, with a signal at a moment of its log.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace clipwright {

struct Ended {
  int code = -1, signal = 0;
  std::string log;
  int64_t most_memory = 0;  ///< bytes it held at once
};

/// Runs the program; sends `signal` to it and (unless `alone`) to what it started as soon as its
/// log shows `moment`, and returns when all of them have ended. No file may become larger than
/// `largest_file` bytes (0: as large as the disk).
inline Ended run_real_program(std::vector<std::string> arguments, const std::string& moment = "",
                              int signal = 0, rlim_t largest_file = 0, bool alone = false) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  arguments.insert(arguments.begin(), CLIPWRIGHT_PROGRAM);
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::setpgid(0, 0);
    ::dup2(ends[1], STDERR_FILENO);
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    if (largest_file > 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{largest_file, largest_file};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ::execv(CLIPWRIGHT_PROGRAM, raw.data());
    ::_exit(127);
  }
  ::setpgid(child, child);  // whichever of the two comes first
  ::close(ends[1]);
  Ended ended;
  // With a small pipe and no buffer here, the program cannot run more than some thirty lines ahead
  // of what was read.
  ::fcntl(ends[0], F_SETPIPE_SZ, 4096);
  FILE* log = ::fdopen(ends[0], "r");
  ::setvbuf(log, nullptr, _IONBF, 0);
  bool sent = false;
  for (char line[4096]; ::fgets(line, sizeof line, log) != nullptr;) {
    ended.log += line;
    if (signal != 0 && !sent && std::string(line).find(moment) != std::string::npos) {
      ::kill(alone ? child : -child, signal);
      sent = true;
    }
  }
  ::fclose(log);
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  ended.most_memory = int64_t{usage.ru_maxrss} * 1024;
  if (WIFEXITED(status)) ended.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  return ended;
}

}  // namespace clipwright
