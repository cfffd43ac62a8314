// Picture files to one array file: what `clipwright preprocess` does.
#pragma once

#include <string>
#include <vector>

namespace clipwright::data::tools {

struct PreprocessOptions {
  std::vector<std::string> images;
  std::string recipe = "openai";
  int size = 224;
  bool raw = false;  ///< the bytes before normalising
  std::string output;
};

/// Writes the evaluation tensors of `images`, in their order, as an (N, 3, size, size) .npy file:
/// float32, or uint8 when `raw`. Throws Error(kInput) naming the first file that cannot be used;
/// the output then does not appear.
void preprocess_images(const PreprocessOptions& options);

}  // namespace clipwright::data::tools
