// Bytes of misread UTF-8 in which some were lost on the way: spaces for no-break spaces,
// substitutes for unknown ones.
#pragma once

#include <string>

namespace clipwright::text::repair {

/// Puts 0xA0 back where a space stands in its place inside a likely UTF-8 sequence.
void restore_no_break_spaces(std::string& bytes);

/// UTF-8 sequences with 0x1A (or, with care, '?') in place of a byte become U+FFFD; a lone 0x1A
/// too.
void replace_lost_sequences(std::string& bytes);

}  // namespace clipwright::text::repair
