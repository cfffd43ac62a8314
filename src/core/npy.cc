#include "core/npy.h"

#include <cstring>
#include <regex>

#include "core/error.h"
#include "core/file.h"

namespace clipwright {
namespace {

constexpr std::string_view kMagic{"\x93NUMPY\x01\x00", 8};

void write_array(const std::filesystem::path& path, const char* type,
                 std::span<const std::byte> bytes, std::span<const int64_t> shape) {
  AtomicFile file(path);
  file.write(npy_header(type, shape));
  file.write(bytes);
  file.commit();
}

}  // namespace

std::string npy_header(std::string_view type, std::span<const int64_t> shape) {
  std::string text = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (";
  for (const int64_t size : shape) text += std::to_string(size) + ",";
  text += "), }";
  // The data must start at a multiple of 64 bytes; the header ends in a newline.
  text.append(63 - (kMagic.size() + 2 + text.size()) % 64, ' ');
  text += '\n';
  const auto length = static_cast<uint16_t>(text.size());
  return std::string(kMagic) + std::string(reinterpret_cast<const char*>(&length), 2) + text;
}

void write_npy(const std::filesystem::path& path, std::span<const float> values,
               std::span<const int64_t> shape) {
  write_array(path, "<f4", std::as_bytes(values), shape);
}

void write_npy(const std::filesystem::path& path, std::span<const uint8_t> values,
               std::span<const int64_t> shape) {
  write_array(path, "|u1", std::as_bytes(values), shape);
}

NpyArray read_npy(const std::filesystem::path& path) {
  return parse_npy(read_file(path), path.string());
}

NpyArray parse_npy(std::string_view file, const std::string& name) {
  const auto refuse = [&](std::string_view why) {
    fail_input(name + ": " + std::string(why), "a little-endian C-order .npy file");
  };
  if (file.size() < 10 || file.substr(0, 6) != kMagic.substr(0, 6)) refuse("is not an .npy file");
  uint16_t length = 0;
  std::memcpy(&length, file.data() + 8, 2);
  if (file.size() < 10U + length) refuse("ends inside its header");
  // std::regex recurses with the length of what it matches.
  if (length > 8192) refuse("has a header of " + std::to_string(length) + " bytes");
  const std::string header(file.substr(10, length));
  std::smatch match;
  NpyArray array;
  if (!std::regex_search(header, match, std::regex("'descr': *'([^']+)'")))
    refuse("has no element type");
  array.type = match[1];
  if (header.find("'fortran_order': False") == std::string::npos) refuse("is in Fortran order");
  if (!std::regex_search(header, match, std::regex("'shape': *\\(([^)]*)\\)")))
    refuse("has no shape");
  const std::string sizes = match[1];
  size_t count = 1;
  const std::regex number("[0-9]{1,18}");
  for (std::sregex_iterator it(sizes.begin(), sizes.end(), number), end; it != end; ++it) {
    array.shape.push_back(std::stoll(it->str()));
    if (__builtin_mul_overflow(count, static_cast<size_t>(array.shape.back()), &count))
      refuse("has an impossible shape");
  }
  const size_t width = static_cast<size_t>(array.type.back() - '0');
  if (width == 0 || width > 8 || count > (file.size() - 10 - length) / width)
    refuse("is shorter than its shape says");
  const char* data = file.data() + 10 + length;
  array.bytes.assign(data, data + count * width);
  return array;
}

template <typename T>
std::span<const T> NpyArray::values() const {
  const std::string_view wanted = std::is_same_v<T, float>     ? "<f4"
                                  : std::is_same_v<T, double>  ? "<f8"
                                  : std::is_same_v<T, int32_t> ? "<i4"
                                  : std::is_same_v<T, int64_t> ? "<i8"
                                                               : "|u1";
  if (type != wanted) fail_input("an array of type " + type, std::string(wanted));
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}
template std::span<const float> NpyArray::values() const;
template std::span<const double> NpyArray::values() const;
template std::span<const int32_t> NpyArray::values() const;
template std::span<const int64_t> NpyArray::values() const;
template std::span<const uint8_t> NpyArray::values() const;

}  // namespace clipwright
