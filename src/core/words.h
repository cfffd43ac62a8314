// How names and figures stand in sentences and records.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipwright {

/// "a, b, c"; with " or " before the last: "a, b or c".
std::string listed(const std::vector<std::string_view>& names, std::string_view before_last = ", ");
std::string listed(const std::vector<std::string>& names, std::string_view before_last = ", ");

/// For a sentence that quotes names from outside: control characters, a new line among them, as
/// "\n" or "\x1b", so that it stays one line and a terminal shows it as it is.
std::string printable(std::string_view text);

/// ASCII letters in lower case; every other byte as it is.
std::string ascii_lower(std::string_view text);

/// A share of 1 as "12.3 %".
std::string percent(double share, int digits = 1);

/// To the 4 digits that records hold.
double rounded(double value);

}  // namespace clipwright
