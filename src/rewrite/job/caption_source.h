// Where captions come from: a text file, or whatever can count and name them.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/file.h"

namespace clipwright::rewrite::job {

/// Captions by index.
class CaptionSource {
 public:
  virtual ~CaptionSource() = default;
  virtual int64_t size() const = 0;
  /// What joins the rewrite to its sample: an image path, a tar key, a line
  /// number.
  virtual std::string key(int64_t index) const = 0;
  virtual std::string text(int64_t index) const = 0;
};

/// A caption a line (LF or CRLF, UTF-8, the last line with or without its end),
/// mapped: eight bytes a line in memory, however long the file is read. The key
/// is the line's number from 0.
class CaptionLines final : public CaptionSource {
 public:
  /// Throws Error(kInput) when the file cannot be read.
  explicit CaptionLines(const std::filesystem::path& path);
  int64_t size() const override { return static_cast<int64_t>(starts_.size()) - 1; }
  std::string key(int64_t index) const override { return std::to_string(index); }
  std::string text(int64_t index) const override;

 private:
  MappedFile file_;
  mutable std::atomic<uint64_t> reads_ = 0;
  std::vector<uint64_t> starts_;  ///< of each line, and the end of the last
};

}  // namespace clipwright::rewrite::job
