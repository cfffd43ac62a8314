// SHA-256, for identities that must not collide: source texts, models, files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace clipwright {

using Sha256 = std::array<uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
/// Of a whole file, read through a mapping. Throws Error(kInput) when it cannot be read.
Sha256 sha256_file(const std::filesystem::path& path);
/// Lower-case hexadecimal.
std::string hex(std::span<const uint8_t> bytes);

}  // namespace clipwright
