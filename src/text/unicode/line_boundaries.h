// Lines where Python's str.splitlines ends them: sets that were written for it hold other line ends
// than LF.
#pragma once

#include <string_view>
#include <vector>

namespace clipwright::text::unicode {

/// The lines of UTF-8 text without their ends: LF, CRLF, CR, vertical tab, form feed, U+001C to
/// U+001E, U+0085, U+2028 and U+2029. Blank lines are kept; an end at the end of the text starts no
/// line.
std::vector<std::string_view> split_lines(std::string_view text);

}  // namespace clipwright::text::unicode
