#include "data/files/csv.h"

#include <algorithm>

namespace clipwright::data::files {
namespace {

/// Bytes of the quoted text that `text` begins with, both quotes counted; 0 when it is not closed.
size_t quoted_length(std::string_view text) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '"') continue;
    if (i + 1 >= text.size() || text[i + 1] != '"') return i + 1;
    ++i;
  }
  return 0;
}

}  // namespace

bool CsvReader::next(std::vector<std::string_view>& fields) {
  fields.clear();
  unclosed_ = spans_lines_ = stray_ = false;
  row_offset_ = at_;
  row_line_ = next_line_;
  const char* const data = text_.data();
  const uint64_t size = text_.size();
  if (at_ >= size) return false;
  uint64_t i = at_, start = at_;
  for (;;) {
    if (i < size && data[i] == '"' && i == start) {
      int64_t lines = 0;
      ++i;
      bool closed = false;
      while (i < size) {
        if (data[i] == '"') {
          if (i + 1 < size && data[i + 1] == '"') {
            i += 2;
            continue;
          }
          closed = true;
          ++i;
          break;
        }
        const bool lone = data[i] == '\r' && (i + 1 >= size || data[i + 1] != '\n');
        lines += data[i] == '\n' || lone ? 1 : 0;
        ++i;
      }
      next_line_ += lines;
      unclosed_ = !closed && lines > 0;
      const bool whole =
          closed && (i >= size || data[i] == separator_ || data[i] == '\n' || data[i] == '\r');
      spans_lines_ = spans_lines_ || lines > 0;
      stray_ = stray_ || !closed || (lines > 0 && !whole);
    }
    while (i < size && data[i] != separator_ && data[i] != '\n' && data[i] != '\r') ++i;
    const std::string_view field = text_.substr(start, i - start);
    const bool row_ends = i >= size || data[i] != separator_;
    if (!row_ends || !fields.empty() || !field.empty()) fields.push_back(field);
    if (row_ends) break;
    start = ++i;
  }
  if (i < size) {
    if (data[i] == '\r' && i + 1 < size && data[i + 1] == '\n') ++i;
    ++i;
    ++next_line_;
  }
  at_ = i;
  return true;
}

void CsvReader::again_by_line(std::vector<std::string_view>& fields) {
  unclosed_ = spans_lines_ = stray_ = false;
  const std::string_view rest = text_.substr(row_offset_);
  const size_t length = std::min(rest.find_first_of("\r\n"), rest.size());
  split_line(rest.substr(0, length), separator_, fields);
  at_ = row_offset_ + length;
  if (length < rest.size()) at_ += rest.substr(length).starts_with("\r\n") ? 2 : 1;
  next_line_ = row_line_ + 1;
}

void split_line(std::string_view line, char separator, std::vector<std::string_view>& fields) {
  fields.clear();
  for (size_t start = 0;;) {
    const std::string_view field = line.substr(start);
    size_t end = field.starts_with('"') ? quoted_length(field) : 0;
    if (end == 0 || (end < field.size() && field[end] != separator)) end = field.find(separator);
    fields.push_back(field.substr(0, end));
    if (end >= field.size()) break;
    start += end + 1;
  }
}

std::string line_value(std::string_view raw) {
  const bool quoted = raw.starts_with('"') && quoted_length(raw) == raw.size();
  return quoted ? csv_value(raw) : std::string(raw);
}

std::string csv_value(std::string_view raw) {
  if (raw.empty() || raw[0] != '"') return std::string(raw);
  std::string value;
  value.reserve(raw.size());
  size_t i = 1;
  for (; i < raw.size(); ++i) {
    if (raw[i] == '"') {
      if (i + 1 >= raw.size() || raw[i + 1] != '"') break;
      ++i;
    }
    value += raw[i];
  }
  if (i + 1 < raw.size())
    value.append(raw.substr(i + 1));  // text after a closing quote belongs to the field
  return value;
}

std::string csv_field(std::string_view value, char separator) {
  const bool quote = value.find_first_of("\"\r\n") != std::string_view::npos ||
                     value.find(separator) != std::string_view::npos;
  if (!quote) return std::string(value);
  std::string field = "\"";
  for (const char c : value) {
    field += c;
    if (c == '"') field += '"';
  }
  return field + '"';
}

}  // namespace clipwright::data::files
