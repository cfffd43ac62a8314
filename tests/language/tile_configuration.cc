#include "tests/language/tile_configuration.h"

#include <immintrin.h>

namespace clipwright::language {

void load_tile_configuration() {
  alignas(64) TileConfiguration tiles;
  fill(tiles);
  _tile_loadconfig(&tiles);
}

TileConfiguration stored_tile_configuration() {
  alignas(64) TileConfiguration tiles;
  _tile_storeconfig(&tiles);
  asm volatile("" : "+m"(tiles));  // all of it, whatever the line above told the compiler
  return tiles;
}

}  // namespace clipwright::language
