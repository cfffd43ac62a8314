#include "data/files/csv.h"

#include <algorithm>

namespace clipwright::data::files {

bool CsvReader::next(std::vector<std::string_view>& fields) {
  fields.clear();
  unclosed_ = false;
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
        lines += data[i] == '\n' ? 1 : 0;
        ++i;
      }
      next_line_ += lines;
      unclosed_ = !closed && lines > 0;
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
