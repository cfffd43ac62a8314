// The pictures of tests/golden/images with what Pillow makes of them (written by
// tests/golden/make_images.py).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"

namespace clipwright::data {

struct GoldenPicture {
  std::string name, bytes;
  Json expected;

  std::span<const std::byte> view() const { return std::as_bytes(std::span(bytes)); }
};

inline std::filesystem::path golden_image_folder() {
  return std::filesystem::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/images";
}

/// Those whose name starts with `prefix`.
inline std::vector<GoldenPicture> golden_pictures(std::string_view prefix) {
  std::vector<GoldenPicture> pictures;
  for (Json& entry : read_json(golden_image_folder() / "expected.json")) {
    const std::string name = entry["file"];
    if (name.starts_with(prefix))
      pictures.push_back({name, read_file(golden_image_folder() / name), entry});
  }
  return pictures;
}

inline GoldenPicture golden_picture(std::string_view name) { return golden_pictures(name).at(0); }

inline std::string sha256_hex(std::span<const uint8_t> bytes) {
  return hex(sha256(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())));
}

}  // namespace clipwright::data
