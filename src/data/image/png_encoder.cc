#include "data/image/png_encoder.h"

#include <zlib.h>

#include <string>
#include <string_view>

#include "core/error.h"

namespace clipwright::data::image {
namespace {

void append_number(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

/// Length, type, data and a check sum of type and data (ISO/IEC 15948, section 5.3).
void append_chunk(std::string& png, std::string_view type, std::string_view data) {
  append_number(png, static_cast<uint32_t>(data.size()));
  const size_t start = png.size();
  png.append(type).append(data);
  const auto* bytes = reinterpret_cast<const Bytef*>(png.data() + start);
  append_number(png, static_cast<uint32_t>(crc32_z(0, bytes, png.size() - start)));
}

}  // namespace

std::vector<std::byte> encode_png(std::span<const uint8_t> rgb, int width, int height) {
  const size_t stride = 3 * static_cast<size_t>(width), rows = static_cast<size_t>(height);
  CW_CHECK(width > 0 && height > 0 && rgb.size() == stride * rows, "pixels (height, width, 3)");
  std::string lines;
  lines.reserve((stride + 1) * rows);
  for (size_t y = 0; y < rows; ++y) {
    lines += '\0';  // the filter that changes nothing
    lines.append(reinterpret_cast<const char*>(rgb.data()) + y * stride, stride);
  }
  uLongf size = compressBound(lines.size());
  std::string stored(size, '\0');
  CW_CHECK(compress2(reinterpret_cast<Bytef*>(stored.data()), &size,
                     reinterpret_cast<const Bytef*>(lines.data()), lines.size(),
                     Z_NO_COMPRESSION) == Z_OK,
           "room for the pixels");
  stored.resize(size);
  std::string header;
  append_number(header, static_cast<uint32_t>(width));
  append_number(header, static_cast<uint32_t>(height));
  header += std::string_view("\x08\x02\0\0\0", 5);  // 8 bits, RGB, the usual methods
  std::string png = "\x89PNG\r\n\x1A\n";
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", stored);
  append_chunk(png, "IEND", {});
  const auto* bytes = reinterpret_cast<const std::byte*>(png.data());
  return {bytes, bytes + png.size()};
}

}  // namespace clipwright::data::image
