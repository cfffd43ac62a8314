// What the fuzz targets share. A target gets bytes from outside and gives them to readers of the
// product. A reader may refuse them with an Error; anything else that is thrown, a crash, a leak or
// a broken promise is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/error.h"
#include "tests/temporary_folder.h"

namespace clipwright::fuzz {

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}
inline std::span<const std::byte> bytes_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const std::byte*>(data), size};
}

/// One folder a process for inputs whose readers take the name of a file; $TMPDIR should be memory.
inline const TemporaryFolder& folder() {
  static const TemporaryFolder kFolder;
  return kFolder;
}
/// The input as a file of this name.
inline std::string file_of(std::string_view name, std::string_view bytes) {
  return folder().write(name, bytes);
}

/// What is promised. Thrown, so that a fuzzer stops and a test tells the file.
inline void require(bool holds, const std::string& promise) {
  if (!holds) throw std::logic_error("broken promise: " + promise);
}

/// Calls a reader; false when it refuses, with a reason and an exit code for the user.
template <typename Read>
bool accepts(Read read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    require(!std::string_view(error.what()).empty(), "an error has words");
    require(error.code() != ExitCode::kDone, "an error is no success");
    return false;
  }
}

}  // namespace clipwright::fuzz
