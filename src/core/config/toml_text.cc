#include "core/config/toml_text.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"

namespace clipwright {
namespace {

constexpr int kMostParts = 100;

/// Where the string or comment that begins at `at` ends: behind its last byte.
size_t end_of_opaque(std::string_view text, size_t at) {
  if (text[at] == '#') return std::min(text.find('\n', at), text.size());
  const char quote = text[at];
  const bool several_lines = text.substr(at, 3) == std::string(3, quote);
  for (size_t i = at + (several_lines ? 3 : 1); i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (text[i] == '\n' && !several_lines) {
      return i;  // broken: the parser says so
    } else if (text[i] == quote && !several_lines) {
      return i + 1;
    } else if (text.substr(i, 3) == std::string(3, quote)) {
      return i + 3;
    }
  }
  return text.size();
}

}  // namespace

void require_toml_text(std::string_view text, const std::string& where) {
  const auto line_of = [&](size_t at) {
    return where + ":" +
           std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<long>(at), '\n'));
  };
  for (size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f) {
      fail_input(line_of(at) + ": holds the control character " + std::to_string(byte),
                 "TOML, which is text");
    }
  }
  int dots = 0;
  for (size_t at = 0; at < text.size();) {
    const char byte = text[at];
    if (byte == '"' || byte == '\'' || byte == '#') {
      at = end_of_opaque(text, at);
      continue;
    }
    // A key ends at the latest where one of these stands.
    if (std::string_view("\n=[]{},").find(byte) != std::string_view::npos) dots = 0;
    if (byte == '.' && ++dots == kMostParts) {
      fail_input(line_of(at) + ": a key of more than " + std::to_string(kMostParts) + " parts",
                 "keys such as section.name");
    }
    ++at;
  }
}

std::string read_toml_text(const std::filesystem::path& path) {
  std::string text = read_file(path);
  require_toml_text(text, path.string());
  return text;
}

}  // namespace clipwright
