// The batches of tests/golden/training (make_training.py).
#pragma once

#include <algorithm>

#include "core/npy.h"
#include "train/loop/step_input.h"

namespace clipwright::train {

/// Batch `which` of batches.npy and tokens.npy.
inline loop::StepInput batch_of(const NpyArray& pixels, const NpyArray& tokens, int64_t which) {
  const int64_t pairs = pixels.shape[1], context = tokens.shape[2];
  loop::StepInput input;
  const auto bytes = pixels.values<uint8_t>();
  const auto size = static_cast<size_t>(pairs * 3 * 32 * 32);
  input.views = {torch::empty({pairs, 3, 32, 32}, torch::kUInt8)};
  std::copy_n(bytes.begin() + static_cast<long>(which * static_cast<int64_t>(size)), size,
              input.views[0].data_ptr<uint8_t>());
  text::bpe::PackedTexts texts;
  const auto ids = tokens.values<int32_t>();
  for (int64_t n = 0; n < pairs; ++n) {
    for (int64_t t = 0; t < context; ++t) {
      const int32_t id = ids[static_cast<size_t>((which * pairs + n) * context + t)];
      if (id != 0) texts.ids.push_back(id);
    }
    texts.offsets.push_back(static_cast<int32_t>(texts.ids.size()));
  }
  input.texts = {std::move(texts)};
  return input;
}

}  // namespace clipwright::train
