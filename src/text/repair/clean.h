// The reference tokenizer's cleaning, with Python's Unicode semantics.
#pragma once

#include <string>
#include <string_view>

namespace clipwright::text::repair {

/// ftfy 6's fix_text with its default settings: mojibake, HTML entities, terminal escapes,
/// ligatures, character width, curly quotes, line breaks, surrogates, control characters, NFC.
/// Invalid UTF-8 bytes become U+FFFD.
std::string fix_text(std::string_view text);

/// Python's html.unescape: named, decimal and hexadecimal references, HTML5 rules.
std::string unescape_html(std::string_view text);

/// What every CLIP tokenizer does first: fix_text, unescape_html twice, strip, whitespace runs to
/// one space, lower case.
std::string clean_text(std::string_view text);

}  // namespace clipwright::text::repair
