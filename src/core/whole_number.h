// Whole numbers as files say them: exact, or none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace clipwright {

/// `value` where it is whole and an int64_t holds it; nothing for fractions, NaN and infinity.
std::optional<int64_t> whole_number(double value);

/// The number that a text is: digits, perhaps with a sign, and as tables with gaps write whole
/// numbers ("3.0", "1e3"). Nothing for other text and for what an int64_t does not hold.
std::optional<int64_t> whole_number(std::string_view text);

/// Whether a text is one number and nothing else, whole or not; "nan" and "inf" are.
bool is_number(std::string_view text);

/// In the fewest digits that read back as the same number: "3", "2.5", "1e+300", "nan".
std::string shortest_text(double value);

}  // namespace clipwright
