#include "text/sentences.h"

#include <algorithm>
#include <array>
#include <string>

namespace clipwright::text {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// Bytes of letters beyond ASCII count, whatever they are.
bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z') || (c & 0x80) != 0; }
bool is_end_mark(char c) { return c == '.' || c == '!' || c == '?'; }

/// Bytes of the closing quote or bracket that `text` begins with; 0 when it begins with none.
size_t closer(std::string_view text) {
  for (const std::string_view mark : {"\"", "'", ")", "]", "\u201d", "\u2019", "\u00bb"}) {
    if (text.starts_with(mark)) return mark.size();
  }
  return 0;
}

/// Whether the dot behind `before` belongs to its last word. `after` is what follows the dot.
bool is_abbreviation(std::string_view before, std::string_view after) {
  // Sorted.
  static constexpr std::array<std::string_view, 34> kAbbreviations = {
      "approx", "apr", "aug", "ave",  "blvd", "ca",   "capt", "col", "dec",    "dept", "dr",  "esp",
      "est",    "feb", "fig", "ft",   "gen",  "jan",  "jr",   "lt",  "messrs", "mr",   "mrs", "ms",
      "mt",     "nov", "oct", "prof", "rev",  "sept", "sgt",  "sr",  "st",     "vs"};
  static_assert(std::is_sorted(kAbbreviations.begin(), kAbbreviations.end()));
  const size_t blank = before.find_last_of(" \t\r\n\v\f([\"'");
  std::string word(blank == std::string_view::npos ? before : before.substr(blank + 1));
  if (word.size() == 1) return is_upper(word[0]);
  if (word.size() > 2 && word[word.size() - 2] == '.') return true;  // "e.g", "U.S"
  for (char& c : word) {
    if (is_upper(c)) c = static_cast<char>(c + ('a' - 'A'));
  }
  if (word == "no" || word == "nos") {
    const size_t next = after.find_first_not_of(kBlanks);
    return next != std::string_view::npos && is_digit(after[next]);
  }
  return std::binary_search(kAbbreviations.begin(), kAbbreviations.end(), word);
}

}  // namespace

std::vector<std::string_view> split_sentences(std::string_view text) {
  constexpr std::string_view kPunctuation = "\xe2\x80";  // U+2000 to U+203F: quotes, dashes
  std::vector<std::string_view> sentences;
  size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  bool has_letter = false;
  const auto close = [&](size_t end) {
    sentences.push_back(text.substr(begin, end - begin));
    begin = std::min(text.find_first_not_of(kBlanks, end), text.size());
    has_letter = false;
  };
  size_t visible = begin;  // behind the last character that is no blank
  for (size_t at = begin; at < text.size();) {
    const char c = text[at];
    if (is_blank(c)) {
      if (c == '\n' && has_letter) close(visible);
      ++at;
      continue;
    }
    if (!is_end_mark(c)) {
      const bool punctuation = text.substr(at).starts_with(kPunctuation);
      has_letter |= !punctuation && is_letter(c);
      visible = at += punctuation ? std::min(text.size() - at, kPunctuation.size() + 1) : 1;
      continue;
    }
    size_t end = at;
    while (end < text.size() && is_end_mark(text[end])) ++end;
    const bool one_dot = c == '.' && end == at + 1;
    const bool own = one_dot && is_abbreviation(text.substr(begin, at - begin), text.substr(end));
    for (size_t bytes = 1; bytes > 0 && end < text.size(); end += bytes)
      bytes = closer(text.substr(end));
    at = visible = end;
    if (has_letter && !own && (end == text.size() || is_blank(text[end]))) close(end);
  }
  if (begin == text.size()) return sentences;
  if (has_letter || sentences.empty()) {
    close(visible);
  } else {
    const char* first = sentences.back().data();
    sentences.back() = {first, static_cast<size_t>(text.data() + visible - first)};
  }
  return sentences;
}

}  // namespace clipwright::text
