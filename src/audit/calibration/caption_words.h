// A caption cut into words that can be replaced in place: corruption edits texts, the audit's
// `Words` only reads them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::audit::calibration {

struct CaptionWord {
  size_t begin = 0, end = 0;  ///< in the caption
  std::string lower;          ///< ASCII letters lower-cased
  bool capital = false;       ///< begins with an ASCII capital
  bool starts_sentence = false;
  bool comma_before = false;  ///< punctuation stands between the word before and this one
};

/// Runs of letters, digits, apostrophes and non-ASCII bytes; points and commas between digits stay
/// inside ("1.50").
std::vector<CaptionWord> cut_words(std::string_view caption);

/// `text` with the capital or small initial of `like`.
std::string in_case_of(const CaptionWord& like, std::string text);
/// The caption with [begin, end) replaced; doubled blanks and blanks before punctuation are closed.
std::string spliced(std::string_view caption, size_t begin, size_t end, std::string_view by);

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> list);

}  // namespace clipwright::audit::calibration
