// What BERT's normaliser and splitter take a character for. They go by Unicode 8, whose tables the
// `tokenizers` package has kept: a mark or a punctuation of later versions is neither there.
#pragma once

namespace clipwright::text::hugging_face {

/// Controls, formats and private characters, NUL and U+FFFD: taken out of a text. Tab and line ends
/// are none.
bool is_dropped(char32_t code_point);

/// Unicode's White_Space.
bool is_white_space(char32_t code_point);

/// Punctuation in any script, and every ASCII character that is no letter, digit, blank or control.
bool is_punctuation(char32_t code_point);

/// Marks that take no room of their own (Mn): what is left of an accent after decomposition.
bool is_accent(char32_t code_point);

/// Chinese characters, each a word.
bool is_chinese(char32_t code_point);

}  // namespace clipwright::text::hugging_face
