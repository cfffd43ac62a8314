#include "data/image/tiff_source.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace clipwright::data::image {
namespace {

tmsize_t on_read(thandle_t handle, void* target, tmsize_t size) {
  TiffSource& source = *static_cast<TiffSource*>(handle);
  if (size <= 0 || source.at >= source.bytes.size()) return 0;
  const auto count =
      std::min<uint64_t>(static_cast<uint64_t>(size), source.bytes.size() - source.at);
  std::memcpy(target, source.bytes.data() + source.at, count);
  source.at += count;
  return static_cast<tmsize_t>(count);
}
tmsize_t on_write(thandle_t, void*, tmsize_t) { return 0; }
toff_t on_seek(thandle_t handle, toff_t offset, int from) {
  TiffSource& source = *static_cast<TiffSource*>(handle);
  source.at = offset + (from == SEEK_CUR ? source.at : from == SEEK_END ? source.bytes.size() : 0);
  return source.at;
}
int on_close(thandle_t) { return 0; }
toff_t on_size(thandle_t handle) { return static_cast<TiffSource*>(handle)->bytes.size(); }

/// Whose file this thread is reading.
thread_local TiffSource* reading = nullptr;

void on_error(thandle_t handle, const char* /*module*/, const char* format, va_list values) {
  if (handle == nullptr || handle != reading) return;
  std::array<char, 200> text{};
  std::vsnprintf(text.data(), text.size(), format, values);
  std::string& complaint = static_cast<TiffSource*>(handle)->complaint;
  if (complaint.empty()) complaint = text.data();  // the first one is the cause
}

/// libtiff's handlers belong to the process.
void take_messages() {
  static const bool once = [] {
    TIFFSetErrorHandler(nullptr);
    TIFFSetWarningHandler(nullptr);
    TIFFSetErrorHandlerExt(on_error);
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace

TIFF* open_tiff(TiffSource& source) {
  take_messages();
  // "m": read, not mapped, so that damaged offsets stay inside the callbacks above.
  return TIFFClientOpen("picture", "rm", &source, on_read, on_write, on_seek, on_close, on_size,
                        nullptr, nullptr);
}

ReadingTiff::ReadingTiff(TiffSource& source) { reading = &source; }
ReadingTiff::~ReadingTiff() { reading = nullptr; }

std::optional<uint16_t> stated(std::span<const uint8_t> file, uint32_t tag) {
  if (file.size() < 16) return std::nullopt;
  const bool big_endian = file[0] == 'M';
  const auto number = [&](uint64_t at, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i)
      value |= uint64_t{file[at + i]} << 8 * (big_endian ? size - 1 - i : i);
    return value;
  };
  const bool wide = number(2, 2) == 43;
  const size_t count_size = wide ? 8 : 2, entry_size = wide ? 20 : 12;
  const uint64_t directory = wide ? number(8, 8) : number(4, 4);
  if (directory > file.size() || file.size() - directory < count_size) return std::nullopt;
  const uint64_t entries = number(directory, count_size);
  uint64_t at = directory + count_size;
  for (uint64_t i = 0; i < entries && file.size() - at >= entry_size; ++i, at += entry_size) {
    if (number(at, 2) == tag) return static_cast<uint16_t>(number(at + (wide ? 12 : 8), 2));
  }
  return std::nullopt;
}

}  // namespace clipwright::data::image
