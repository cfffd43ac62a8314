#include "data/gcompris/credits.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace clipwright::data::gcompris {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

void each_line(std::string_view text, const std::function<void(std::string_view)>& use) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// What stands behind `key` and a colon; nothing for a line of another kind.
std::optional<std::string_view> value_of(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) return std::nullopt;
  const std::string_view rest = trimmed(line.substr(key.size()));
  if (!rest.starts_with(':')) return std::nullopt;
  return trimmed(rest.substr(1));
}

/// A path without its ending: "a/b" of "a/b.jpg".
std::string_view stem(std::string_view path) {
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  const bool in_name =
      dot != std::string_view::npos && (slash == std::string_view::npos || dot > slash + 1);
  return in_name ? path.substr(0, dot) : path;
}

}  // namespace

std::map<std::string, Credit> read_readme(std::string_view text) {
  std::map<std::string, Credit> credits;
  Credit credit;
  bool names = false;
  each_line(text, [&](std::string_view raw) {
    const std::string_view line = trimmed(raw);
    if (line.empty()) {
      credit = {};
      names = false;
    } else if (const auto author = value_of(line, "Copyright")) {
      credit.author = *author;
    } else if (const auto licence = value_of(line, "License")) {
      credit.licence = *licence;
    } else if (const auto source = value_of(line, "Source")) {
      credit.source = *source;
    } else if (value_of(line, "Files")) {
      names = true;
    } else if (names) {
      credits.emplace(line, credit);
    }
  });
  return credits;
}

CopyrightFile::CopyrightFile(std::string_view text) {
  Paragraph paragraph;
  std::string key;
  const auto close = [&] {
    if (!paragraph.patterns.empty()) paragraphs_.push_back(std::move(paragraph));
    paragraph = {};
    key.clear();
  };
  const auto take = [&](std::string_view value) {
    if (value.empty()) return;
    if (key == "Files") {
      while (!value.empty()) {
        const size_t end = std::min(value.find_first_of(" \t"), value.size());
        if (end > 0) paragraph.patterns.emplace_back(value.substr(0, end));
        value.remove_prefix(std::min(end + 1, value.size()));
      }
    } else if (key == "Copyright" && paragraph.credit.author.empty()) {
      paragraph.credit.author = std::string(value);  // the first of several
    } else if (key == "License" && paragraph.credit.licence.empty()) {
      paragraph.credit.licence = std::string(value);
    } else if (key == "Comment" && paragraph.credit.source.empty() &&
               value.find("://") != std::string_view::npos) {
      paragraph.credit.source = std::string(value);
    }
  };
  each_line(text, [&](std::string_view line) {
    if (trimmed(line).empty()) return close();
    if (line.front() == ' ' || line.front() == '\t') return take(trimmed(line));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    key = std::string(line.substr(0, colon));
    take(trimmed(line.substr(colon + 1)));
  });
  close();
}

CopyrightFile::Answer CopyrightFile::find(std::string_view path) const {
  Answer named, alike, everything;
  for (const Paragraph& paragraph : paragraphs_) {
    for (const std::string& pattern : paragraph.patterns) {
      if (pattern == "*") {
        everything = {paragraph.credit, pattern, false};
      } else if (fits(path, pattern)) {
        named = {paragraph.credit, pattern, false};
      } else if (pattern.find_first_of("*?") == std::string::npos && stem(pattern) == stem(path)) {
        alike = {paragraph.credit, pattern, true};
      }
    }
  }
  return !named.pattern.empty() ? named : !alike.pattern.empty() ? alike : everything;
}

bool fits(std::string_view path, std::string_view pattern) {
  size_t p = 0, at = 0, star = std::string_view::npos, behind_star = 0;
  while (at < path.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      behind_star = at;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == path[at])) {
      ++p;
      ++at;
    } else if (star != std::string_view::npos) {  // the star takes one byte more
      p = star + 1;
      at = ++behind_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace clipwright::data::gcompris
