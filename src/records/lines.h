// Line-aligned text: a text a line, line k of caption k (docs/formats/rewrites.md). Captions are
// kept the same way.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "core/mapped_files.h"

namespace clipwright::records {

/// How far a reader of mapped files goes before it lets go of what it has read.
constexpr uint64_t kScanStride = 64 << 20;

/// Where the first of a file's lines of JSON begins. Throws as `text_start`, and Error(kInput) for
/// a file that is one JSON list. A damaged first line is none, and the reader's to count.
uint64_t first_json_line(std::string_view contents, const std::filesystem::path& path);

/// Where a line ends, said once: LF or CRLF; the last line may lack its end. Reads the line that
/// begins at byte `at`, without its end, and moves `at` behind it; false at the end of the text.
bool next_line(std::string_view text, uint64_t& at, std::string_view& line);

/// One line after the other of a file that is mapped; memory does not grow with it.
class LineReader {
 public:
  /// Throws Error(kInput) when the file cannot be read or is no text (`text_start`).
  explicit LineReader(const std::filesystem::path& path);
  /// A view that stays valid as long as the reader.
  bool next(std::string_view& line);
  bool next(std::string& line);
  void rewind();

 private:
  MappedFiles files_;
  uint64_t start_ = 0, at_ = 0, released_ = 0;
};

/// Throws Error(kInput) when the file cannot be read or is no text.
int64_t count_lines(const std::filesystem::path& path);

/// Lines by number, eight bytes a line in memory. Thread-safe.
class Lines {
 public:
  /// Throws Error(kInput) when the file cannot be read or is no text.
  explicit Lines(const std::filesystem::path& path);

  int64_t size() const { return static_cast<int64_t>(starts_.size()) - 1; }
  /// A line without its end, whatever its bytes.
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

/// Writes a text a line; the file appears with `commit`, whole.
class LineWriter {
 public:
  explicit LineWriter(const std::filesystem::path& path) : file_(path) {}
  /// Line ends within a text become blanks: the lines after it must stay beside their captions.
  void add(std::string_view text);
  void commit() { file_.commit(); }
  /// For a commit with other files; lives as long as the writer.
  AtomicFile& file() { return file_; }

 private:
  AtomicFile file_;
};

}  // namespace clipwright::records
