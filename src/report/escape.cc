#include "report/escape.h"

#include "text/unicode/utf8.h"

namespace clipwright::report {

std::string escape_html(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  for (size_t at = 0; at < text.size();) {
    const size_t length = text::unicode::utf8_length(text.substr(at));
    const char c = text[at];
    if (length == 0) {
      escaped += kReplacement;
      ++at;
      continue;
    }
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        if ((static_cast<uint8_t>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
          escaped += kReplacement;
        } else {
          escaped.append(text, at, length);
        }
    }
    at += length;
  }
  return escaped;
}

std::string base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const auto byte = [&](size_t i) -> uint32_t {
      return at + i < bytes.size() ? static_cast<uint8_t>(bytes[at + i]) : 0;
    };
    const uint32_t three = byte(0) << 16 | byte(1) << 8 | byte(2);
    text.push_back(kDigits[three >> 18]);
    text.push_back(kDigits[three >> 12 & 63]);
    text.push_back(at + 1 < bytes.size() ? kDigits[three >> 6 & 63] : '=');
    text.push_back(at + 2 < bytes.size() ? kDigits[three & 63] : '=');
  }
  return text;
}

}  // namespace clipwright::report
