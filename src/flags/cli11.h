// CLI11 with another reading of numbers, which has to be known before its templates are: this is
// included wherever CLI11 is.
#pragma once

#include <cstdint>
#include <string>

namespace clipwright::flags {

/// The number that a flag's text is. False for text that is none, for one that the type does not
/// hold, so that "-1" is no count of 2^64 - 1, and for NaN and infinity. Whole numbers are decimal,
/// or hexadecimal behind "0x".
bool read_number(const std::string& text, int& number);
bool read_number(const std::string& text, int64_t& number);
bool read_number(const std::string& text, unsigned& number);
bool read_number(const std::string& text, uint64_t& number);
bool read_number(const std::string& text, float& number);
bool read_number(const std::string& text, double& number);

}  // namespace clipwright::flags

// Templates of CLI11 prefer these to their own, which wrap around, clamp, and take "nan".
namespace CLI::detail {

inline bool lexical_cast(const std::string& text, int& number) {
  return clipwright::flags::read_number(text, number);
}
inline bool lexical_cast(const std::string& text, int64_t& number) {
  return clipwright::flags::read_number(text, number);
}
inline bool lexical_cast(const std::string& text, unsigned& number) {
  return clipwright::flags::read_number(text, number);
}
inline bool lexical_cast(const std::string& text, uint64_t& number) {
  return clipwright::flags::read_number(text, number);
}
inline bool lexical_cast(const std::string& text, float& number) {
  return clipwright::flags::read_number(text, number);
}
inline bool lexical_cast(const std::string& text, double& number) {
  return clipwright::flags::read_number(text, number);
}

}  // namespace CLI::detail

#include <CLI/CLI.hpp>
