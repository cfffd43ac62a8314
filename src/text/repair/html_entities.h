// HTML character references, by the two rules the reference cleaning uses.
#pragma once

#include <string>
#include <string_view>

#include "text/unicode/code_points.h"

namespace clipwright::text::repair {

/// Python's html.unescape by HTML5's rules: every reference that a browser would read, named,
/// decimal or hexadecimal, with or without a semicolon.
void unescape_all_references(unicode::CodePoints& text);
std::string unescape_html(std::string_view text);

/// ftfy's cautious rule: only references closed by a semicolon; also names in capitals, such as
/// &EACUTE;.
void unescape_closed_references(unicode::CodePoints& text);

}  // namespace clipwright::text::repair
