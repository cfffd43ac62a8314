#include "flags/cli11.h"

#include <charconv>
#include <cmath>
#include <string_view>
#include <type_traits>

namespace clipwright::flags {
namespace {

template <typename Number>
bool read(std::string_view text, Number& number) {
  // "1, 5, 10" is a list as well.
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (text.starts_with('+') && text.substr(1, 1) != "-") text.remove_prefix(1);
  Number value{};
  std::from_chars_result read{};
  if constexpr (std::is_floating_point_v<Number>) {
    read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (!std::isfinite(value)) return false;
  } else {
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    if (hexadecimal) text.remove_prefix(2);
    if (hexadecimal && text.starts_with('-')) return false;
    read = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  }
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return false;
  number = value;
  return true;
}

}  // namespace

bool read_number(const std::string& text, int& number) { return read(text, number); }
bool read_number(const std::string& text, int64_t& number) { return read(text, number); }
bool read_number(const std::string& text, unsigned& number) { return read(text, number); }
bool read_number(const std::string& text, uint64_t& number) { return read(text, number); }
bool read_number(const std::string& text, float& number) { return read(text, number); }
bool read_number(const std::string& text, double& number) { return read(text, number); }

}  // namespace clipwright::flags
