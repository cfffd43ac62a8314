// NumPy's .npy format: what `embed` and `preprocess` write, and features and labels that were made
// elsewhere. Read in versions 1 to 3, little-endian, C or Fortran order; written in version 1.0, C
// order. Source: numpy.lib.format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"

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
/// its raw data in C order.
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

/// The same as a view into the file, for arrays of gigabytes.
class MappedNpy {
 public:
  /// Reads the header alone. Throws Error(kInput) for what is no .npy file, for an array of
  /// objects, records, text or big-endian numbers, and for one that is longer or shorter than its
  /// shape says.
  explicit MappedNpy(const std::filesystem::path& path);

  const std::string& type() const { return type_; }
  const std::vector<int64_t>& shape() const { return shape_; }
  /// The first index changes fastest: the data are the transposed array in C order.
  bool fortran_order() const { return fortran_order_; }
  /// Bytes of an element: 1, 2, 4 or 8.
  size_t item_size() const { return item_size_; }
  int64_t count() const { return count_; }
  /// `count` elements, at no particular alignment, as they lie in the file.
  std::span<const std::byte> data() const { return data_; }

 private:
  MappedFile file_;
  std::string type_;
  std::vector<int64_t> shape_;
  bool fortran_order_ = false;
  size_t item_size_ = 0;
  int64_t count_ = 0;
  std::span<const std::byte> data_;
};

}  // namespace clipwright
