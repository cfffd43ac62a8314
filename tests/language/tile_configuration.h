// AMX's tile configuration, compiled with the flags of the language model's kernels.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace clipwright::language {

/// The 64 bytes that `ldtilecfg` reads.
struct TileConfiguration {
  uint8_t palette = 0, start_row = 0;
  std::array<uint8_t, 14> reserved{};
  std::array<uint16_t, 16> row_bytes{};
  std::array<uint8_t, 16> rows{};
};
static_assert(sizeof(TileConfiguration) == 64);

inline void fill(TileConfiguration& tiles) {
  tiles.palette = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    tiles.rows[i] = i < 2 ? 8 : 16;
    tiles.row_bytes[i] = i == 2 || i == 3 ? 32 : 64;
  }
}

/// Fills a configuration on its stack, loads it and returns at once: where a compiler that believes
/// in 8 bytes throws the others away. Without AMX the load is an illegal instruction.
void load_tile_configuration();
/// What is loaded. Only after a load that succeeded.
TileConfiguration stored_tile_configuration();

}  // namespace clipwright::language
