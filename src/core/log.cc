#include "core/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/words.h"

namespace clipwright {
namespace {

bool log_is_quiet = false, log_is_json = false, log_is_hushed = false;

bool live_terminal() {
  return ::isatty(STDERR_FILENO) != 0 && !log_is_quiet && !log_is_json &&
         std::getenv("CLIPWRIGHT_PLAIN_PROGRESS") == nullptr;
}

void clear_live_line() {
  if (live_terminal()) std::fputs("\r\033[K", stderr);
}

/// Messages quote names and captions from outside: control characters must not reach a terminal,
/// and a caption of megabytes helps nobody.
std::string shown(std::string_view message) {
  constexpr size_t kMost = 4000;
  const size_t length = message.size();
  if (length > kMost) {
    size_t keep = kMost;
    while (keep > 0 && (static_cast<unsigned char>(message[keep]) & 0xc0) == 0x80) --keep;
    message = message.substr(0, keep);
  }
  std::string text = printable(message);
  if (length > kMost) text += " ... (" + with_commas(static_cast<int64_t>(length)) + " bytes)";
  return text;
}

void log_line(spdlog::level::level_enum level, std::string_view whole) {
  clear_live_line();
  const std::string message = shown(whole);
  if (!log_is_json) {
    spdlog::log(level, "{}", message);
    return;
  }
  const Json record = {{"level", spdlog::level::to_string_view(level).data()},
                       {"message", message}};
  spdlog::log(level, "{}", to_line(record));
}

}  // namespace

void configure_log(const LogOptions& options) {
  log_is_quiet = options.quiet;
  log_is_json = options.json;
  const bool no_color = std::getenv("NO_COLOR") != nullptr;
  std::vector<spdlog::sink_ptr> sinks = {std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
      no_color ? spdlog::color_mode::never : spdlog::color_mode::automatic)};
  if (!options.also_file.empty()) {
    sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.also_file));
  }
  auto logger = std::make_shared<spdlog::logger>("clipwright", sinks.begin(), sinks.end());
  logger->set_pattern(options.json ? "%v" : "%H:%M:%S %^%L%$ %v");
  logger->set_level(options.quiet ? spdlog::level::warn : spdlog::level::info);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

LogFile::LogFile(const std::string& path) {
  const auto old = spdlog::default_logger();
  before_ = old;
  std::vector<spdlog::sink_ptr> sinks = old->sinks();
  for (const auto& sink : sinks) sink->set_level(std::max(sink->level(), old->level()));
  try {
    sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
  } catch (const spdlog::spdlog_ex& error) {
    fail_running(path + " cannot be written (" + error.what() + ")");
  }
  sinks.back()->set_pattern(log_is_json ? "%v" : "%Y-%m-%d %H:%M:%S %l %v");
  auto logger = std::make_shared<spdlog::logger>("clipwright", sinks.begin(), sinks.end());
  logger->set_level(spdlog::level::info);
  logger->flush_on(spdlog::level::info);
  // A log that a full disk cuts short is no reason to end a run.
  logger->set_error_handler(
      [path, told = std::make_shared<std::atomic<bool>>(false)](const std::string& why) {
        if (told->exchange(true)) return;
        std::fprintf(stderr, "%s: lines of the log are missing there (%s)\n", path.c_str(),
                     why.c_str());
      });
  spdlog::set_default_logger(std::move(logger));
}

LogFile::~LogFile() {
  spdlog::set_default_logger(std::static_pointer_cast<spdlog::logger>(before_));
}

LogHush::LogHush() { set(true); }
LogHush::~LogHush() { set(false); }

void LogHush::say(std::string_view message) {
  set(false);
  log_info(message);
  set(true);
}

void LogHush::set(bool hushed) {
  log_is_hushed = hushed;
  for (const auto& sink : spdlog::default_logger()->sinks()) {
    const bool file = dynamic_cast<spdlog::sinks::basic_file_sink_mt*>(sink.get()) != nullptr;
    if (!file) sink->set_level(hushed || log_is_quiet ? spdlog::level::warn : spdlog::level::trace);
  }
}

bool show_live(std::string_view line) {
  if (!live_terminal()) return false;
  std::fprintf(stderr, "\r\033[K%.*s", static_cast<int>(line.size()), line.data());
  std::fflush(stderr);
  return true;
}

void log_info(std::string_view message) { log_line(spdlog::level::info, message); }
void log_warning(std::string_view message) { log_line(spdlog::level::warn, message); }
void log_error(std::string_view message) { log_line(spdlog::level::err, message); }

std::string with_commas(int64_t number) {
  std::string digits = std::to_string(number);
  const int first = digits[0] == '-' ? 1 : 0;
  for (int at = static_cast<int>(digits.size()) - 3; at > first; at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

std::string readable_duration(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole >= 3600) {
    return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
  }
  if (whole >= 60) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole) + " s";
}

Progress::Progress(std::string label, int64_t total)
    : label_(std::move(label)),
      total_(total),
      start_(Clock::now()),
      shown_(start_),
      live_(live_terminal() && !log_is_hushed) {}

Progress::~Progress() { finish(); }

void Progress::update(int64_t done, std::string_view detail) {
  if (first_ < 0) first_ = done;
  done_ = done;
  detail_ = detail;
  const auto pause = live_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(10000);
  if (Clock::now() - shown_ >= pause) show(false);
}

void Progress::show(bool final) {
  shown_ = Clock::now();
  const double seconds = std::chrono::duration<double>(shown_ - start_).count();
  const double rate =
      seconds > 0 ? static_cast<double>(done_ - std::max<int64_t>(first_, 0)) / seconds : 0;
  std::string line = label_ + "  " + with_commas(done_);
  if (total_ > 0) line += "/" + with_commas(total_);
  char text[64];
  std::snprintf(text, sizeof text, rate >= 10 ? "  %.0f/s" : "  %.2f/s", rate);
  line += text;
  if (final) {
    line += "  took " + readable_duration(seconds);
  } else if (total_ > done_ && rate > 0) {
    line += "  left " + readable_duration(static_cast<double>(total_ - done_) / rate);
  }
  if (!detail_.empty()) line += "  " + detail_;
  if (live_ && !final) {
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    std::fflush(stderr);
  } else {
    log_info(line);
  }
  anything_shown_ = true;
}

void Progress::finish() {
  if (finished_) return;
  finished_ = true;
  if (anything_shown_) show(true);
}

}  // namespace clipwright
