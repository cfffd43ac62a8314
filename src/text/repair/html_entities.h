// HTML character references, by the two rules the reference cleaning uses.
#pragma once

#include "text/unicode/code_points.h"

namespace clipwright::text::repair {

/// Python's html.unescape: every reference that a browser would read, with or without a semicolon.
void unescape_all_references(unicode::CodePoints& text);

/// ftfy's cautious rule: only references closed by a semicolon; also names in capitals, such as
/// &EACUTE;.
void unescape_closed_references(unicode::CodePoints& text);

}  // namespace clipwright::text::repair
