// A run of clipwright beside this process, at low priority.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace clipwright {

/// The clipwright that this program is or that lies beside it. Throws Error(kFailed) when there is
/// none.
std::filesystem::path find_clipwright();

class BackgroundProgram {
 public:
  /// Starts `program` with `arguments`; what it writes to stdout and stderr goes to `log`. Throws
  /// Error(kFailed) when no process can be started.
  BackgroundProgram(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                    const std::filesystem::path& log);
  BackgroundProgram(const BackgroundProgram&) = delete;
  BackgroundProgram& operator=(const BackgroundProgram&) = delete;
  /// Ends it where it still runs.
  ~BackgroundProgram();

  /// Whether it has ended by now.
  bool ended();
  /// Waits for its end.
  void wait();
  /// After its end: whether its exit code was 0.
  bool succeeded() const { return ended_ && status_ == 0; }

 private:
  pid_t process_ = -1;
  bool ended_ = false;
  int status_ = 0;
};

}  // namespace clipwright
