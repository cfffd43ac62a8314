// Unicode operations as Python 3.11 does them: ICU's data, cut back to Unicode 14, so that a newer
// ICU changes nothing.
#pragma once

#include "text/unicode/code_points.h"

namespace clipwright::text::unicode {

/// str.lower, with the final sigma and U+0130.
void lower_case(CodePoints& text);

/// unicodedata.normalize("NFC", text).
void compose(CodePoints& text);

/// Letters, numbers and the underscore (\w of Python's re).
bool is_word_character(char32_t code_point);

/// Decimal digits of any script (\d of Python's re).
bool is_digit(char32_t code_point);

}  // namespace clipwright::text::unicode
