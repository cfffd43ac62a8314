// An object a line: pairs, labels, YFCC15M's, captions alone.
#include "tests/fuzz/dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using clipwright::fuzz::try_dataset;
  const std::string path =
      clipwright::fuzz::file_of("input.jsonl", clipwright::fuzz::text_of(data, size));
  try_dataset({.source = path});
  try_dataset({.source = path, .type = "yfcc15m"});
  try_dataset({.source = path, .labels = true});
  try_dataset({.source = path, .pictures = false});
  try_dataset({.source = path, .type = "yfcc15m", .pictures = false});
  return 0;
}
