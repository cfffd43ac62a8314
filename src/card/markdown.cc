#include "card/markdown.h"

#include "core/json.h"

namespace clipwright::card {
namespace {

/// Valid UTF-8 without control characters.
std::string clean(std::string_view text) {
  const std::string valid =
      Json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string line = try_json(valid).get<std::string>();
  for (char& letter : line) {
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F) letter = ' ';
  }
  return line;
}

}  // namespace

std::string plain(std::string_view text) {
  std::string out;
  for (const char letter : clean(text)) {
    if (std::string_view("\\`*_[]<>|#&").find(letter) != std::string_view::npos) out += '\\';
    out += letter;
  }
  return out;
}

std::string code(std::string_view text) {
  // A run of marks longer than any within; a bar would end a cell even in code.
  std::string inner, fence = "`";
  size_t run = 0, longest = 0;
  for (const char letter : clean(text)) {
    run = letter == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
    if (letter == '|') inner += '\\';
    inner += letter;
  }
  fence.assign(longest + 1, '`');
  const bool touches = !inner.empty() && (inner.front() == '`' || inner.back() == '`');
  return inner.empty() ? std::string() : fence + (touches ? " " + inner + " " : inner) + fence;
}

std::string table(const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows) {
  const auto line = [](const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const std::string& cell : cells) text += " " + cell + " |";
    return text + "\n";
  };
  std::string text = line(header) + "|";
  for (size_t i = 0; i < header.size(); ++i) text += "---|";
  text += "\n";
  for (const std::vector<std::string>& row : rows) text += line(row);
  return text;
}

std::string bullets(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += "- " + item + "\n";
  return text;
}

std::string yaml(std::string_view text) { return to_line(Json(clean(text))); }

}  // namespace clipwright::card
