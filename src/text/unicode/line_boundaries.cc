#include "text/unicode/line_boundaries.h"

namespace clipwright::text::unicode {

size_t line_end_length(std::string_view text) {
  if (text.empty()) return 0;
  const char c = text[0];
  if (c == '\r') return text.size() > 1 && text[1] == '\n' ? 2 : 1;
  if ((c >= '\n' && c <= '\f') || (c >= '\x1C' && c <= '\x1E')) return 1;
  if (text.starts_with("\u0085")) return 2;
  return text.starts_with("\u2028") || text.starts_with("\u2029") ? 3 : 0;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t length = line_end_length(text.substr(at));
    if (length == 0) {
      ++at;
      continue;
    }
    lines.push_back(text.substr(begin, at - begin));
    begin = at += length;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

std::string on_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t length = line_end_length(text.substr(at));
    line += length == 0 ? text[at] : ' ';
    at += length == 0 ? 1 : length;
  }
  return line;
}

}  // namespace clipwright::text::unicode
