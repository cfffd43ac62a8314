#include "data/files/csv_rows.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "core/words.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::files {
namespace {

using Fields = std::vector<std::string_view>;

// Where a stray quote has taken rows, one of the first lines is one.
constexpr int kMostLines = 200;
constexpr size_t kLongestEnding = 5;

bool is_figure(std::string_view value) {
  return !value.empty() && value.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
}

bool is_address(std::string_view value) { return value.find("://") != std::string_view::npos; }

/// "jpg" of "a/B.JPG", empty for what is no name of a file.
std::string ending_of(std::string_view value) {
  const size_t dot = value.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == value.size()) return {};
  std::string ending = ascii_lower(value.substr(dot + 1));
  const bool plain = std::all_of(ending.begin(), ending.end(),
                                 [](unsigned char c) { return std::isalnum(c) != 0; });
  return plain && ending.size() <= kLongestEnding ? ending : std::string();
}

bool is_picture_ending(const std::string& ending) {
  for (const std::string_view known : {"jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"}) {
    if (ending == known) return true;
  }
  return false;
}

/// Calls `use` with each line of `text` but the first, until it says true; what it said last.
template <typename Use>
bool any_later_line(std::string_view text, const Use& use) {
  size_t end = text.find_first_of("\r\n");
  for (int lines = 0; end != std::string_view::npos && lines < kMostLines; ++lines) {
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
    end = text.find_first_of("\r\n");
    if (use(text.substr(0, end))) return true;
  }
  return false;
}

std::string value_at(const Fields& fields, size_t column) {
  return std::string(text::unicode::trimmed(line_value(fields[column])));
}

/// Whether both rows, of as many columns, hold the same kinds of things beside their captions.
bool look_alike(const Fields& a, const Fields& b, const RowShape& shape) {
  if (shape.name >= 0) {
    const auto name = static_cast<size_t>(shape.name);
    return name < std::min(a.size(), b.size()) && are_alike(value_at(a, name), value_at(b, name));
  }
  bool compared = false;
  for (size_t column = 0; column < std::min(a.size(), b.size()); ++column) {
    if (static_cast<int>(column) == shape.text) continue;
    if (!are_alike(value_at(a, column), value_at(b, column))) return false;
    compared = true;
  }
  return compared;
}

/// "10,000 people": a figure at the beginning of a line that goes on behind the comma.
bool begins_with_grouped_number(std::string_view line) {
  const size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  return digits >= 1 && digits <= 3 && line.substr(digits).starts_with(',') &&
         line.substr(digits + 1).find_first_not_of("0123456789") == 3;
}

/// Rows are numbered upwards; a sentence may begin with any number.
bool counts_on(const Fields& own, const Fields& later, const RowShape& shape) {
  if (shape.name < 0 || shape.name > shape.text) return true;
  const auto name = static_cast<size_t>(shape.name);
  const std::string before = value_at(own, name), after = value_at(later, name);
  return !is_figure(before) || !is_figure(after) ||
         std::strtod(after.c_str(), nullptr) > std::strtod(before.c_str(), nullptr);
}

}  // namespace

bool are_alike(std::string_view a, std::string_view b) {
  if (is_figure(a) || is_figure(b)) return is_figure(a) && is_figure(b);
  if (is_address(a) || is_address(b)) return is_address(a) && is_address(b);
  const std::string ending = ending_of(a), other = ending_of(b);
  return !ending.empty() &&
         (ending == other || (is_picture_ending(ending) && is_picture_ending(other)));
}

bool CsvRows::next(Fields& fields) {
  by_line_ = lost_ = false;
  if (!reader_.next(fields)) return false;
  const bool taken = reader_.spans_lines() && holds_rows(fields);
  if (taken || lacks_columns(fields)) {
    by_line_ = true;
  } else if (reader_.unclosed()) {
    // Nothing but the end of the table came after its line.
    const std::string_view row = text_.substr(reader_.row_offset());
    const std::string_view later = row.substr(std::min(row.find_first_of("\r\n"), row.size()));
    by_line_ = later.find_first_not_of("\r\n") == std::string_view::npos;
    lost_ = !by_line_;
  } else {
    by_line_ = reader_.stray();
  }
  if (by_line_) reader_.again_by_line(fields);
  return true;
}

bool CsvRows::holds_rows(const Fields& fields) const {
  const auto name = static_cast<size_t>(std::max(shape_.name, 0));
  if (shape_.name >= 0 && name < fields.size() &&
      fields[name].find_first_of("\r\n") != std::string_view::npos)
    return true;
  const std::string_view row =
      text_.substr(reader_.row_offset(), reader_.offset() - reader_.row_offset());
  Fields first, later;
  split_line(row.substr(0, row.find_first_of("\r\n")), shape_.separator, first);
  const bool amiss = (shape_.columns > 0 && fields.size() != shape_.columns) || reader_.stray() ||
                     reader_.unclosed();
  return any_later_line(row, [&](std::string_view line) {
    split_line(line, shape_.separator, later);
    const bool whole = shape_.columns > 0 ? later.size() == shape_.columns : later.size() > 1;
    if (!whole || later.size() < 2 || !look_alike(first, later, shape_)) return false;
    // Where nothing else is amiss, figures alone have to be those of rows.
    return amiss || (!begins_with_grouped_number(line) && counts_on(first, later, shape_));
  });
}

bool CsvRows::lacks_columns(const Fields& fields) const {
  if (fields.empty() || fields.size() >= shape_.columns) return false;
  const std::string_view row = text_.substr(reader_.row_offset());
  Fields line;
  split_line(row.substr(0, row.find_first_of("\r\n")), shape_.separator, line);
  return line.size() == shape_.columns;
}

}  // namespace clipwright::data::files
