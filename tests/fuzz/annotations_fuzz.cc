// Pictures with all their captions: COCO's and Karpathy's JSON, Flickr's text, and captions a line.
#include "tests/fuzz/dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using clipwright::fuzz::try_dataset;
  const std::string_view text = clipwright::fuzz::text_of(data, size);
  const std::string json = clipwright::fuzz::file_of("input.json", text);
  try_dataset({.source = json});
  try_dataset({.source = json, .split = "test"});
  const std::string lines = clipwright::fuzz::file_of("input.txt", text);
  try_dataset({.source = lines, .type = "flickr-text"});
  try_dataset({.source = lines, .pictures = false}, clipwright::fuzz::Blanks::kAsTheFileHasThem);
  return 0;
}
