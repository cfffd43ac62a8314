#include "core/whole_number.h"

#include <charconv>
#include <cmath>

namespace clipwright {
namespace {

constexpr double kBeyondInt64 = 9223372036854775808.0;  // 2^63

/// Without a plus sign, which from_chars does not know.
std::string_view without_plus(std::string_view text) {
  const bool signed_twice = text.size() > 1 && (text[1] == '-' || text[1] == '+');
  return text.starts_with('+') && !signed_twice ? text.substr(1) : text;
}

/// "3" of "3.0" and "3.", so that no digit is lost on the way through a double.
std::string_view without_zero_fraction(std::string_view text) {
  const size_t point = text.find('.');
  if (point == std::string_view::npos || point == 0 ||
      text.find_first_not_of('0', point + 1) != std::string_view::npos)
    return text;
  return text.substr(0, point);
}

template <typename Number>
std::from_chars_result read(std::string_view text, Number& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number);
}

}  // namespace

std::optional<int64_t> whole_number(double value) {
  if (!(value >= -kBeyondInt64 && value < kBeyondInt64) || std::trunc(value) != value) return {};
  return static_cast<int64_t>(value);
}

std::optional<int64_t> whole_number(std::string_view text) {
  const std::string_view digits = without_zero_fraction(without_plus(text));
  const char* const end = digits.data() + digits.size();
  int64_t whole = 0;
  const auto [stopped, error] = read(digits, whole);
  if (stopped == end) return error == std::errc() ? std::optional(whole) : std::nullopt;
  double value = 0;
  const auto [stopped_again, failure] = read(digits, value);
  if (stopped_again != end || failure != std::errc()) return {};
  return whole_number(value);
}

bool is_number(std::string_view text) {
  double value = 0;
  const std::string_view digits = without_plus(text);
  // One beyond a double's range is a number as well.
  const auto [stopped, error] = read(digits, value);
  return !digits.empty() && stopped == digits.data() + digits.size() &&
         error != std::errc::invalid_argument;
}

std::string shortest_text(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

}  // namespace clipwright
