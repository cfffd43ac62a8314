// UTF-8 and code points. Texts are bytes at the edges and code points inside the cleaning steps.
#pragma once

#include <string>
#include <string_view>

namespace clipwright::text::unicode {

using CodePoints = std::u32string;
using CodePointView = std::u32string_view;

constexpr char32_t kReplacement = 0xFFFD;

/// Any bytes; each maximal invalid part becomes one U+FFFD, as Python's errors="replace" does.
CodePoints decode_utf8(std::string_view bytes);

/// Reads one code point at `position` and moves past it. False, with `position` past the maximal
/// invalid part, when there is none.
bool next_code_point(std::string_view bytes, size_t& position, char32_t& code_point);

/// `code_point` must be a Unicode scalar value.
void append_utf8(char32_t code_point, std::string& bytes);
std::string encode_utf8(CodePointView text);

}  // namespace clipwright::text::unicode
