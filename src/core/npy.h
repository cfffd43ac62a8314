// NumPy's .npy format, version 1.0, little-endian, C order: what `embed` and `preprocess` write and
// tests read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright {

/// Writes an array atomically. Throws Error(kFailed).
void write_npy(const std::filesystem::path& path, std::span<const float> values,
               std::span<const int64_t> shape);
void write_npy(const std::filesystem::path& path, std::span<const uint8_t> values,
               std::span<const int64_t> shape);

/// What comes before the values, for arrays that are written piece by piece. `type` is NumPy's
/// descriptor.
std::string npy_header(std::string_view type, std::span<const int64_t> shape);

/// An array read back: `type` is NumPy's descriptor ("<f4", "|u1", "<i4", "<i8", "<f8"), `bytes`
/// its raw data.
struct NpyArray {
  std::string type;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;

  /// The values as T. Throws Error(kInput) when T does not fit `type`.
  template <typename T>
  std::span<const T> values() const;
};
/// Throws Error(kInput) on anything that is not such a file.
NpyArray read_npy(const std::filesystem::path& path);
/// The same from a file's bytes; `name` is for messages.
NpyArray parse_npy(std::string_view file, const std::string& name);

}  // namespace clipwright
