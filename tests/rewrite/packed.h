// The compressions of HTTP without compressing anything: each format has a block for bytes as they
// are. For tests.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>

namespace clipwright::rewrite {

inline std::string little_endian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i);
  return text;
}

/// One block of a deflate stream; `text` of less than 64 KiB.
inline std::string deflate_block(const std::string& text) {
  return std::string("\x01", 1) + little_endian(text.size(), 2) + little_endian(~text.size(), 2) +
         text;
}
inline std::string gzipped(const std::string& text) {
  const auto* bytes = reinterpret_cast<const Bytef*>(text.data());
  return std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10) + deflate_block(text) +
         little_endian(::crc32(0, bytes, static_cast<uInt>(text.size())), 4) +
         little_endian(text.size(), 4);
}
inline std::string deflated(const std::string& text) {
  const auto* bytes = reinterpret_cast<const Bytef*>(text.data());
  const uint64_t sum = ::adler32(1, bytes, static_cast<uInt>(text.size()));
  std::string end = little_endian(sum, 4);
  return "\x78\x01" + deflate_block(text) + std::string(end.rbegin(), end.rend());
}
inline std::string brotli_packed(const std::string& text) {
  // A window of 16 bits, one uncompressed meta-block, an empty last one.
  return little_endian((text.size() - 1) << 4 | uint64_t{1} << 20, 3) + text + "\x03";
}
inline std::string zstd_packed(const std::string& text) {
  return std::string("\x28\xb5\x2f\xfd\xa0", 5) + little_endian(text.size(), 4) +
         little_endian(text.size() << 3 | 1, 3) + text;
}

}  // namespace clipwright::rewrite
