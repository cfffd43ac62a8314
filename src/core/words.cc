#include "core/words.h"

#include <cmath>
#include <cstdio>

namespace clipwright {

std::string listed(const std::vector<std::string_view>& names, std::string_view before_last) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? before_last : ", ";
    text += names[i];
  }
  return text;
}

std::string listed(const std::vector<std::string>& names, std::string_view before_last) {
  return listed(std::vector<std::string_view>(names.begin(), names.end()), before_last);
}

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '\n') {
      shown += "\\n";
    } else if ((byte < 0x20 && letter != '\t') || byte == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(byte));
      shown += escaped;
    } else {
      shown += letter;
    }
  }
  return shown;
}

std::string ascii_lower(std::string_view text) {
  std::string small(text);
  for (char& letter : small) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
  }
  return small;
}

std::string percent(double share, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f %%", digits, 100 * share);
  return text;
}

double rounded(double value) { return std::round(value * 1e4) / 1e4; }

}  // namespace clipwright
