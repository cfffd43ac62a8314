// Byte strings in an unnamed temporary file, for sources that cannot be read at any place
// themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::data::files {

/// Append all strings, then `finish`, then read: memory holds eight bytes a string. The file lies
/// in $TMPDIR (or /tmp), has no name and is gone with the process.
class SpooledTexts {
 public:
  SpooledTexts();
  SpooledTexts(const SpooledTexts&) = delete;
  SpooledTexts& operator=(const SpooledTexts&) = delete;
  ~SpooledTexts();

  /// Throws Error(kFailed) when the disk refuses.
  void add(std::string_view text);
  void finish();
  std::string_view operator[](int64_t index) const;
  int64_t size() const { return static_cast<int64_t>(ends_.size()); }

 private:
  void flush();
  int descriptor_ = -1;
  std::string buffer_;
  std::vector<uint64_t> ends_;
  const char* data_ = nullptr;
  uint64_t size_ = 0;
};

}  // namespace clipwright::data::files
