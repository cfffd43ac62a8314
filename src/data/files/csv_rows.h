// Rows of a table in text whose quotes need not be in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/files/csv.h"

namespace clipwright::data::files {

/// How the rows of a table look.
struct RowShape {
  char separator = ',';
  size_t columns = 0;  ///< of the header; 0: not known
  int name = -1;       ///< the column that names a row's picture or is its key; -1: none
  int text = -1;       ///< the column of captions; -1: none
};

/// Rows as CsvReader reads them, except where a quote that opens a field is a stray one (an inch
/// sign, a quotation that nobody closes): there a row ends with its line, and the quote is part of
/// the text. A field that runs over lines is held to be swallowed rows when its quote is closed in
/// the middle of a text, when it would be the name of a picture, or when a line inside it is a
/// whole row by itself: as many columns as the table has, the name of its picture like that of the
/// row's own. A row with too few columns is read by its line where it then has them all.
class CsvRows {
 public:
  /// `text` must outlive the object.
  CsvRows(std::string_view text, const RowShape& shape)
      : reader_(text, shape.separator), shape_(shape), text_(text) {}

  /// As CsvReader::next.
  bool next(std::vector<std::string_view>& fields);
  /// Whether the last row was read by its line alone; its fields are then for `line_value`.
  bool by_line() const { return by_line_; }
  /// Whether the last row ends with the table because a quote is never closed, and no line that it
  /// took looks like a row: nobody knows where its text ends.
  bool lost() const { return lost_; }

  uint64_t row_offset() const { return reader_.row_offset(); }
  uint64_t offset() const { return reader_.offset(); }
  int64_t line() const { return reader_.line(); }

 private:
  bool holds_rows(const std::vector<std::string_view>& fields) const;
  bool lacks_columns(const std::vector<std::string_view>& fields) const;

  CsvReader reader_;
  RowShape shape_;
  std::string_view text_;
  bool by_line_ = false, lost_ = false;
};

/// Whether two values are of one kind: both numbers, both addresses, names with the same ending or
/// both with one of a picture.
bool are_alike(std::string_view a, std::string_view b);

}  // namespace clipwright::data::files
