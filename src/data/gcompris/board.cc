#include "data/gcompris/board.h"

#include <algorithm>
#include <cctype>

#include "core/error.h"
#include "core/json.h"

namespace clipwright::data::gcompris {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kScheme = "qrc:";

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlanks) - first + 1));
}

/// Walks QML by its brackets, strings and comments.
class Walk {
 public:
  Walk(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  [[noreturn]] void fail(const std::string& what, size_t at) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<long>(at), '\n');
    fail_input(std::string(where_) + ": line " + std::to_string(line) + " " + what,
               "a board of GCompris: a list 'tab' of objects with \"title\" and \"image2\"");
  }

  /// Skips blanks and comments. False at the end.
  bool skip() {
    while (at_ < text_.size()) {
      if (kBlanks.find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else if (text_.substr(at_).starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_).starts_with("/*")) {
        const size_t end = text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        return true;
      }
    }
    return false;
  }
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool takes(char c) {
    skip();
    if (here() != c) return false;
    ++at_;
    return true;
  }
  size_t at() const { return at_; }

  /// The literal that begins here, with its quotes.
  std::string_view literal() {
    const size_t begin = at_;
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n')
      at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ >= text_.size() || text_[at_] != quote) fail("has a string without an end", begin);
    ++at_;
    return text_.substr(begin, at_ - begin);
  }

  /// What stands from here to the end of the value: a comma or bracket that is not its own.
  std::string_view value() {
    skip();
    const size_t begin = at_;
    int depth = 0;
    while (skip()) {
      const char c = here();
      if (c == '"' || c == '\'') {
        literal();
        continue;
      }
      if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
      depth += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
      ++at_;
    }
    if (at_ >= text_.size()) fail("has a value without an end", begin);
    return text_.substr(begin, at_ - begin);
  }

  /// Moves behind `name : [`, when that is said outside of strings and comments.
  bool find_list(std::string_view name) {
    while (skip()) {
      const char c = here();
      if (c == '"' || c == '\'') {
        literal();
        continue;
      }
      const auto is_letter = [](char l) {
        return std::isalnum(static_cast<unsigned char>(l)) || l == '_';
      };
      if (!is_letter(c)) {
        ++at_;
        continue;
      }
      const size_t begin = at_;
      while (is_letter(here())) ++at_;
      if (text_.substr(begin, at_ - begin) == name && takes(':') && takes('[')) return true;
    }
    return false;
  }

  /// A value that is a string, translated or not; empty for another.
  std::string string_of(std::string_view value, size_t at) const {
    std::string text = trimmed(value);
    if (text.starts_with("qsTr(") && text.ends_with(")"))
      text = trimmed(std::string_view(text).substr(5, text.size() - 6));
    if (text.size() < 2 || text.front() != '"') return {};
    // QML's strings are JSON's; two strings with something between them are no JSON.
    const Json parsed = try_json(text);
    if (parsed.is_string()) return trimmed(parsed.get<std::string>());
    const size_t end = text.find('"', 1);
    if (end + 1 == text.size()) fail("has a string that is not UTF-8 or has an unknown escape", at);
    return {};
  }

 private:
  std::string_view text_, where_;
  size_t at_ = 0;
};

BoardEntry read_entry(Walk& walk) {
  BoardEntry entry;
  const size_t begin = walk.at();
  while (!walk.takes('}')) {
    if (!walk.skip()) walk.fail("has an object without an end", begin);
    if (walk.here() != '"') {  // a key that nobody quoted, or a stray comma
      walk.value();
      walk.takes(',');
      if (walk.here() == ']') walk.fail("has an object without an end", begin);
      continue;
    }
    const std::string_view key = walk.literal();
    if (!walk.takes(':')) walk.fail("has a key without a value", walk.at());
    const size_t at = walk.at();
    const std::string_view raw = walk.value();
    std::string* field = key == "\"title\""    ? &entry.title
                         : key == "\"text\""   ? &entry.text
                         : key == "\"text2\""  ? &entry.question
                         : key == "\"image2\"" ? &entry.picture
                                               : nullptr;
    if (field != nullptr) *field = walk.string_of(raw, at);
    walk.takes(',');
  }
  if (entry.picture.starts_with(kScheme)) entry.picture.erase(0, kScheme.size());
  return entry;
}

}  // namespace

Board read_board(std::string_view qml, std::string_view where) {
  Board board;
  const auto marked = [&](std::string_view mark, const auto& use) {
    for (size_t at = qml.find(mark); at != std::string_view::npos; at = qml.find(mark, at + 1)) {
      const size_t begin = at + mark.size();
      const std::string_view line = qml.substr(begin, qml.find('\n', begin) - begin);
      use(trimmed(line.substr(0, line.find("*/"))));
    }
  };
  marked("SPDX-License-Identifier:", [&](std::string text) { board.licence = std::move(text); });
  marked("SPDX-FileCopyrightText:",
         [&](std::string text) { board.authors.push_back(std::move(text)); });

  Walk walk(qml, where);
  if (!walk.find_list("tab")) return board;
  while (!walk.takes(']')) {
    if (!walk.skip()) walk.fail("has a list without an end", qml.size());
    if (walk.takes('{')) {
      board.entries.push_back(read_entry(walk));
    } else {
      const size_t before = walk.at();
      walk.value();
      if (walk.at() == before && walk.here() == '}') walk.fail("has a bracket too many", before);
    }
    walk.takes(',');
  }
  return board;
}

}  // namespace clipwright::data::gcompris
