// Two families of errors, never mixed: CHECK for our bugs (prints the place and aborts), Error for
// the world's mistakes (a sentence with what was found, what was expected and what to try, and the
// exit code of the program). Failures of single items (a damaged picture, a refused rewrite) are
// values that are counted, never exceptions.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright {

/// Exit codes of the program (docs/commands.md).
enum class ExitCode { kDone = 0, kFailed = 1, kUsage = 2, kInput = 3, kInterrupted = 130 };

/// A problem the user can do something about. `what()` reads "<found>; expected <expected>.
/// <advice>" in one line: names from outside may hold control characters, which are shown as such
/// (`printable`).
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, std::string_view found, std::string_view expected = {},
        std::string_view advice = {});
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// Wrong flags or configuration (exit code 2).
[[noreturn]] void fail_usage(std::string_view found, std::string_view expected = {},
                             std::string_view advice = {});
/// Input data that cannot be used (exit code 3).
[[noreturn]] void fail_input(std::string_view found, std::string_view expected = {},
                             std::string_view advice = {});
/// Something failed while running: a disk, a server, a device (exit code 1).
[[noreturn]] void fail_running(std::string_view found, std::string_view expected = {},
                               std::string_view advice = {});

/// The candidate nearest to `word` in edit distance, for "did you mean"; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               std::string_view message);

}  // namespace clipwright

/// Aborts with the place when one of our own invariants does not hold.
#define CW_CHECK(condition, message)                                       \
  do {                                                                     \
    if (!(condition)) {                                                    \
      ::clipwright::check_failed(__FILE__, __LINE__, #condition, message); \
    }                                                                      \
  } while (false)
