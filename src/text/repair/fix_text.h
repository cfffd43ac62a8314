// ftfy 6's repair of text that was damaged on its way.
#pragma once

#include <string>
#include <string_view>

#include "text/unicode/code_points.h"

namespace clipwright::text::repair {

/// ftfy 6's fix_text with its default settings: mojibake, HTML entities, terminal escapes,
/// ligatures, character width, curly quotes, line breaks, surrogates, control characters, NFC.
/// Invalid UTF-8 bytes become U+FFFD.
std::string fix_text(std::string_view text);
/// The same on code points.
unicode::CodePoints fix_text(unicode::CodePointView text);

}  // namespace clipwright::text::repair
