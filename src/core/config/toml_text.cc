#include "core/config/toml_text.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"

namespace clipwright {
namespace {

constexpr int kMostParts = 100;

bool is_ascii(char byte) { return static_cast<unsigned char>(byte) < 0x80; }

/// Where the string or comment that begins at `at` ends: behind its last byte. An escape of a
/// letter outside ASCII, which the parser would take for a blank or not, ends it too.
size_t end_of_opaque(std::string_view text, size_t at) {
  if (text[at] == '#') return std::min(text.find('\n', at), text.size());
  const char quote = text[at];
  const bool several_lines = text.substr(at, 3) == std::string(3, quote);
  for (size_t i = at + (several_lines ? 3 : 1); i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
      if (i < text.size() && !is_ascii(text[i])) return i;
    } else if (text[i] == '\n' && !several_lines) {
      return i;  // broken: the parser says so
    } else if (text[i] == quote && !several_lines) {
      return i + 1;
    } else if (text.substr(i, 3) == std::string(3, quote)) {
      size_t end = i + 3;  // up to two quotes more are the string's own last letters
      while (end < text.size() && end < i + 5 && text[end] == quote) ++end;
      return end;
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
  const size_t start = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  for (size_t at = start; at < text.size();) {
    const char byte = text[at];
    if (byte == '"' || byte == '\'' || byte == '#') {
      at = end_of_opaque(text, at);
      continue;
    }
    if (!is_ascii(byte)) {
      fail_input(line_of(at) + ": holds a letter outside ASCII that is in no quotes",
                 "such letters in texts, comments and quoted keys alone");
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
