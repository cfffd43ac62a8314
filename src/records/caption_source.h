// Captions to be rewritten: whatever can count and name them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "records/lines.h"

namespace clipwright::records {

/// Captions by index. Thread-safe for reading.
class CaptionSource {
 public:
  virtual ~CaptionSource() = default;
  virtual int64_t size() const = 0;
  /// What joins the rewrite to its sample: an image path, a tar key, a line number.
  virtual std::string key(int64_t index) const = 0;
  /// The original caption, empty when there is none; its SHA-256 is what rewrites are checked
  /// against.
  virtual std::string caption(int64_t index) const = 0;
};

/// A caption a line; the key is the line's number from 0.
class CaptionLines final : public CaptionSource {
 public:
  /// Throws Error(kInput) when the file cannot be read.
  explicit CaptionLines(const std::filesystem::path& path) : lines_(path) {}
  int64_t size() const override { return lines_.size(); }
  std::string key(int64_t index) const override { return std::to_string(index); }
  std::string caption(int64_t index) const override { return std::string(lines_[index]); }

 private:
  Lines lines_;
};

}  // namespace clipwright::records
