// Comma- or tab-separated text as Python's csv module reads it, row by row over a mapping.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::data::files {

/// Rows of a text. A field that starts with a double quote runs to the closing one and may hold
/// separators, line ends and doubled quotes; elsewhere quotes are plain characters. LF, CRLF and CR
/// end a row.
class CsvReader {
 public:
  /// `text` must outlive the reader.
  CsvReader(std::string_view text, char separator) : text_(text), separator_(separator) {}

  /// Reads the next row into raw fields (views into the text, quotes included). False at the end. A
  /// blank line is a row without fields.
  bool next(std::vector<std::string_view>& fields);
  /// Reads the last row again by its first line alone (`split_line`); the next row is then the next
  /// line.
  void again_by_line(std::vector<std::string_view>& fields);

  uint64_t row_offset() const { return row_offset_; }  ///< byte at which the last row starts
  uint64_t offset() const { return at_; }              ///< byte after the last row
  int64_t line() const { return row_line_; }  ///< 1-based line on which the last row starts
  /// True when the last row ended inside a quoted field that spans lines: its quote is never
  /// closed.
  bool unclosed() const { return unclosed_; }
  /// True when the last row holds a quoted field that spans lines.
  bool spans_lines() const { return spans_lines_; }
  /// True when a field of it is never closed, or spans lines and is closed before other than a
  /// separator or the row's end: then it is likelier that the quote that opens it is a stray one.
  bool stray() const { return stray_; }

 private:
  std::string_view text_;
  char separator_;
  uint64_t at_ = 0, row_offset_ = 0;
  int64_t next_line_ = 1, row_line_ = 0;
  bool unclosed_ = false, spans_lines_ = false, stray_ = false;
};

/// What a raw field says: quotes taken off, doubled quotes made single.
std::string csv_value(std::string_view raw);

/// The fields of one line, in which a quote that no other closes before a separator or the line's
/// end is a plain character.
void split_line(std::string_view line, char separator, std::vector<std::string_view>& fields);

/// What a field of `split_line` says: it stands as it is unless it is quoted from end to end.
std::string line_value(std::string_view raw);

/// The field as it must be written so that readers give `value` back.
std::string csv_field(std::string_view value, char separator);

}  // namespace clipwright::data::files
