#include "text/unicode/line_boundaries.h"

namespace clipwright::text::unicode {
namespace {

/// Bytes of the line end that `text` begins with, 0 when it begins with none.
size_t line_end_length(std::string_view text) {
  const char c = text[0];
  if (c == '\r') return text.size() > 1 && text[1] == '\n' ? 2 : 1;
  if ((c >= '\n' && c <= '\f') || (c >= '\x1C' && c <= '\x1E')) return 1;
  if (text.starts_with("\u0085")) return 2;
  return text.starts_with("\u2028") || text.starts_with("\u2029") ? 3 : 0;
}

}  // namespace

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

}  // namespace clipwright::text::unicode
