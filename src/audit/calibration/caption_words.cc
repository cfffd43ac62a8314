#include "audit/calibration/caption_words.h"

#include <algorithm>

namespace clipwright::audit::calibration {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool capital(char c) { return c >= 'A' && c <= 'Z'; }
bool inside_word(char c) {
  return (c >= 'a' && c <= 'z') || capital(c) || digit(c) || c == '\'' || (c & 0x80) != 0;
}

}  // namespace

std::vector<CaptionWord> cut_words(std::string_view caption) {
  std::vector<CaptionWord> words;
  bool sentence = true, punctuation = false;
  for (size_t at = 0; at < caption.size();) {
    if (!inside_word(caption[at])) {
      const char c = caption[at++];
      sentence |= c == '.' || c == '!' || c == '?' || c == ':';
      punctuation |= c != ' ';
      continue;
    }
    CaptionWord word;
    word.begin = at;
    while (at < caption.size() &&
           (inside_word(caption[at]) ||
            ((caption[at] == '.' || caption[at] == ',') && digit(caption[at - 1]) &&
             at + 1 < caption.size() && digit(caption[at + 1])))) {
      word.lower += capital(caption[at]) ? static_cast<char>(caption[at] + 32) : caption[at];
      ++at;
    }
    word.end = at;
    word.capital = capital(caption[word.begin]);
    word.starts_sentence = sentence;
    word.comma_before = punctuation && !words.empty();
    sentence = punctuation = false;
    words.push_back(std::move(word));
  }
  return words;
}

std::string in_case_of(const CaptionWord& like, std::string text) {
  if (like.capital && !text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 32);
  return text;
}

std::string spliced(std::string_view caption, size_t begin, size_t end, std::string_view by) {
  std::string text(caption.substr(0, begin));
  text += by;
  text += caption.substr(end);
  std::string clean;
  for (const char c : text) {
    const bool closes = c == ' ' || c == '.' || c == ',' || c == '!' || c == '?';
    if (closes && !clean.empty() && clean.back() == ' ') clean.pop_back();
    if (c == ' ' && clean.empty()) continue;
    clean += c;
  }
  while (!clean.empty() && (clean.back() == ' ' || clean.back() == ',')) clean.pop_back();
  while (!clean.empty() && (clean.front() == ',' || clean.front() == ' ')) clean.erase(0, 1);
  return clean;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace clipwright::audit::calibration
