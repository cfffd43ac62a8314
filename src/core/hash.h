// SHA-256, for identities that must not collide: source texts, models, files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace clipwright {

using Sha256 = std::array<uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
/// The same of bytes that come in pieces.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  void add(std::string_view bytes);
  Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};
/// Of a whole file, read through a mapping. Throws Error(kInput) when it cannot be read.
Sha256 sha256_file(const std::filesystem::path& path);
/// Lower-case hexadecimal.
std::string hex(std::span<const uint8_t> bytes);

}  // namespace clipwright
