// Example pairs from COCO's captions: what several people said of one picture.
#pragma once

#include <cstdint>
#include <filesystem>

#include "rewrite/examples/example_draft.h"

namespace clipwright::rewrite::examples {

struct CocoExamplesOptions {
  size_t pictures = 16;
  size_t captions_each = 2;  ///< 2: the first stands for the caption, the second for its rewrite;
                             ///< more: any two of them in either order, as LaCLIP draws them
  uint64_t seed = 0;
};

/// Draws pictures of a file like captions_train2017.json, keyed by the seed and the picture's id,
/// and takes the first usable captions of each. The file is read twice as a stream: memory grows
/// with the number of pictures, not with the file. Throws Error(kInput) when it is no such file
/// (naming the byte where it stops being JSON, or what is missing) or has too few pictures.
ExampleDraft coco_examples(const std::filesystem::path& annotations,
                           const CocoExamplesOptions& options);

}  // namespace clipwright::rewrite::examples
