// Lines of a mapped text file, eight bytes a line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "data/files/mapped_files.h"

namespace clipwright::data::files {

/// Lines end with LF or CRLF; the last one may lack its end. Throws Error(kInput) when the file
/// cannot be read.
class MappedLines {
 public:
  explicit MappedLines(const std::filesystem::path& path);

  int64_t size() const { return static_cast<int64_t>(starts_.size()) - 1; }
  /// A line without its end; empty when it is not UTF-8.
  std::string_view operator[](int64_t line) const;
  int64_t blank() const { return blank_; }
  int64_t not_utf8() const { return not_utf8_; }
  /// 0-based number of the first line that is not UTF-8, or -1.
  int64_t first_not_utf8() const { return first_not_utf8_; }

 private:
  MappedFiles files_;
  std::vector<uint64_t> starts_;  // of each line, and the end of the last
  int64_t blank_ = 0, not_utf8_ = 0, first_not_utf8_ = -1;
};

}  // namespace clipwright::data::files
