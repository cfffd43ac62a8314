// The files of a WordNet database as wndb(5WN) describes them: which there are, and their lines as
// fields.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace clipwright::lexicon {

/// Parts of speech as file names end, in the order of `PartOfSpeech`.
constexpr std::array<const char*, 4> kPartNames = {"noun", "verb", "adj", "adv"};

/// $CLIPWRIGHT_WORDNET or /usr/share/wordnet.
std::filesystem::path default_wordnet_folder();

/// Index, data and exceptions of each part of speech: the first that the folder lacks.
std::optional<std::filesystem::path> missing_wordnet_file(const std::filesystem::path& folder);

/// SHA-256 of all these files in hexadecimal. Throws Error(kInput) when one is missing.
std::string wordnet_digest(const std::filesystem::path& folder);

/// The fields of one line, without copies. Throws Error(kInput), naming file and line, for a line
/// that is none of WordNet's.
class WordNetLine {
 public:
  WordNetLine(std::string_view text, const std::filesystem::path& file, size_t number)
      : text_(text), file_(file), number_(number) {}

  std::string_view field() {
    const size_t end = text_.find(' ', at_);
    if (at_ >= text_.size() || end == std::string_view::npos) damaged();
    const std::string_view field = text_.substr(at_, end - at_);
    at_ = end + 1;
    return field;
  }
  uint32_t number(int base = 10) {
    uint32_t value = 0;
    for (char c : field()) {
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
      if (digit >= base) damaged();
      value = value * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit);
    }
    return value;
  }
  void skip(uint32_t fields) {
    for (; fields > 0; --fields) field();
  }
  std::string_view rest() const { return text_.substr(at_); }
  [[noreturn]] void damaged() const;

 private:
  std::string_view text_;
  const std::filesystem::path& file_;
  size_t number_, at_ = 0;
};

/// Calls `use(line, offset, number)` for every line that is not the licence.
template <typename Use>
void each_wordnet_line(std::string_view text, Use use) {
  size_t at = 0, number = 0;
  while (at < text.size()) {
    const void* found = std::memchr(text.data() + at, '\n', text.size() - at);
    const size_t end = found == nullptr
                           ? text.size()
                           : static_cast<size_t>(static_cast<const char*>(found) - text.data());
    ++number;
    if (end > at && text[at] != ' ') use(text.substr(at, end - at), at, number);
    at = end + 1;
  }
}

}  // namespace clipwright::lexicon
