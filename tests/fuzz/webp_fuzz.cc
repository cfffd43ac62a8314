// WebP pictures, still and animated.
#include "tests/fuzz/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_picture(clipwright::fuzz::bytes_of(data, size),
                                clipwright::fuzz::Regions::kExact);
  return 0;
}
