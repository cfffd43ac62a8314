// The reference tokenizer's cleaning, with Python's Unicode semantics.
#pragma once

#include <string>
#include <string_view>

#include "text/unicode/code_points.h"

namespace clipwright::text::repair {

/// What every CLIP tokenizer does first: fix_text, unescape_html twice, strip, whitespace runs to
/// one space, lower case.
std::string clean_text(std::string_view text);
/// The same on code points, for callers that go on with them.
unicode::CodePoints clean_code_points(unicode::CodePoints text);
/// The same with the case that the text has.
unicode::CodePoints repaired_code_points(unicode::CodePoints text);

}  // namespace clipwright::text::repair
