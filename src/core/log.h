// Log lines and progress, all on stderr; results go to stdout or to files. Plain sentences;
// `--log-json` makes each a record.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace clipwright {

struct LogOptions {
  bool quiet = false;     ///< only warnings and errors
  bool json = false;      ///< one JSON object a line
  std::string also_file;  ///< also append every line to this file
};
void configure_log(const LogOptions& options);

void log_info(std::string_view message);
void log_warning(std::string_view message);
void log_error(std::string_view message);

/// While it lives, every log line also goes to a file, whatever --quiet says. Nested files all get
/// the lines.
class LogFile {
 public:
  /// Appends. Throws Error(kFailed) when the file cannot be opened.
  explicit LogFile(const std::string& path);
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  ~LogFile();

 private:
  std::shared_ptr<void> before_;
};

/// While it lives, the info lines and progress of the parts that a caller runs go to log files
/// only: the caller tells the user itself how far things are. Warnings and errors still show. Not
/// nested.
class LogHush {
 public:
  LogHush();
  LogHush(const LogHush&) = delete;
  LogHush& operator=(const LogHush&) = delete;
  ~LogHush();
  /// An info line that is not hushed.
  void say(std::string_view message);

 private:
  void set(bool hushed);
};

/// Replaces the live line at the bottom of a terminal; the next log line clears it. False, doing
/// nothing, where there is no terminal.
bool show_live(std::string_view line);

/// "1,234,567"
std::string with_commas(int64_t number);
/// "9 h 41 min", "3 min 20 s", "12 s"
std::string readable_duration(double seconds);

/// Progress of anything that takes over two seconds: a live line on a terminal, a plain line every
/// ten seconds elsewhere, with rate and time left. Not thread-safe; call from one thread.
class Progress {
 public:
  /// `total` 0 means unknown.
  Progress(std::string label, int64_t total);
  ~Progress();
  /// `done` items so far; `detail` is shown at the end of the line.
  void update(int64_t done, std::string_view detail = {});
  /// Clears the live line and logs the final count. Called by the destructor if need be.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void show(bool final);
  std::string label_, detail_;
  int64_t total_, done_ = 0, first_ = -1;
  Clock::time_point start_, shown_;
  bool finished_ = false, live_ = false, anything_shown_ = false;
};

}  // namespace clipwright
