// Rewrites as JSON lines.
#include "tests/fuzz/records.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_records(
      clipwright::fuzz::file_of("input.jsonl", clipwright::fuzz::text_of(data, size)));
  return 0;
}
