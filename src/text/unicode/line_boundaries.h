// Lines where Python's str.splitlines ends them: sets that were written for it hold other line ends
// than LF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::text::unicode {

/// Bytes of the line end that UTF-8 text begins with (those of `split_lines`); 0 when it begins
/// with none.
size_t line_end_length(std::string_view text);

/// The lines of UTF-8 text without their ends: LF, CRLF, CR, vertical tab, form feed, U+001C to
/// U+001E, U+0085, U+2028 and U+2029. Blank lines are kept; an end at the end of the text starts no
/// line.
std::vector<std::string_view> split_lines(std::string_view text);

/// The text with a blank for each of these line ends: one line for any reader.
std::string on_one_line(std::string_view text);

}  // namespace clipwright::text::unicode
