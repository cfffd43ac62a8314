#include "core/loose_json.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace clipwright {
namespace {

/// The code unit of an escape "\\uXXXX" that the text begins with, or -1.
int escaped_unit(std::string_view text) {
  if (text.size() < 6 || !text.starts_with("\\u")) return -1;
  int unit = 0;
  for (const char c : text.substr(2, 4)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool is_high_surrogate(int unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

/// Copies the escape that `text` begins with and gives its length.
size_t copy_escape(std::string_view text, std::string& to) {
  const int unit = escaped_unit(text);
  size_t length = std::min<size_t>(unit < 0 ? 2 : 6, text.size());
  if (is_high_surrogate(unit) && is_low_surrogate(escaped_unit(text.substr(6)))) {
    length = 12;
  } else if (is_high_surrogate(unit) || is_low_surrogate(unit)) {
    to += "\\ufffd";
    return length;
  }
  to += text.substr(0, length);
  return length;
}

/// Bytes of a word of Python's that the text begins with, 0 when it begins with none.
size_t python_word(std::string_view text) {
  for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
    if (text.starts_with(word)) return word.size();
  }
  return 0;
}

/// Copies the number that `text` begins with and gives its length.
size_t copy_number(std::string_view text, std::string& to) {
  const size_t length = std::min(text.find_first_not_of("+-.0123456789eE"), text.size());
  const std::string number(text.substr(0, length));
  to += std::isinf(std::strtod(number.c_str(), nullptr)) ? "null" : number;
  return length;
}

/// What Python's json reads and the standard does not, said as the standard has it.
std::string in_standard_json(std::string_view text) {
  std::string standard;
  standard.reserve(text.size());
  bool inside_text = false;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    const std::string_view rest = text.substr(at);
    if (inside_text && c == '\\') {
      at += copy_escape(rest, standard);
    } else if (const size_t word = inside_text ? 0 : python_word(rest); word > 0) {
      standard += "null";
      at += word;
    } else if (!inside_text && (c == '-' || (c >= '0' && c <= '9'))) {
      at += copy_number(rest, standard);
    } else {
      if (c == '"') inside_text = !inside_text;
      standard += c;
      ++at;
    }
  }
  return standard;
}

}  // namespace

Json parse_loosely(std::string_view text, const Json::parser_callback_t& callback) {
  if (nested_too_deeply(text)) return Json(Json::value_t::discarded);
  Json value = Json::parse(text, callback, false);
  return value.is_discarded() ? Json::parse(in_standard_json(text), callback, false) : value;
}

}  // namespace clipwright
