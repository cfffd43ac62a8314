// The form of a text, without its meaning: what engines, examples and ledgers ask of replies and
// captions alike.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace clipwright::rewrite::prompt {

/// Letters and digits in lower case (ASCII), everything else one space: what counts when texts are
/// compared.
std::string word_skeleton(std::string_view text);
/// True when two texts are the same but for case, blanks and punctuation.
bool same_words(std::string_view a, std::string_view b);
/// Pieces between blanks.
size_t count_words(std::string_view text);

}  // namespace clipwright::rewrite::prompt
