#include "train/loop/step_input.h"

#include <algorithm>

#include "core/error.h"

namespace clipwright::train::loop {

text::bpe::PackedTexts slice_texts(const text::bpe::PackedTexts& texts, int64_t first,
                                   int64_t count) {
  CW_CHECK(first >= 0 && count >= 0 && first + count <= texts.size(), "a slice outside the texts");
  const int32_t begin = texts.offsets[static_cast<size_t>(first)],
                end = texts.offsets[static_cast<size_t>(first + count)];
  text::bpe::PackedTexts slice;
  slice.ids.assign(texts.ids.begin() + begin, texts.ids.begin() + end);
  for (int64_t i = 1; i <= count; ++i)
    slice.offsets.push_back(texts.offsets[static_cast<size_t>(first + i)] - begin);
  return slice;
}

SlicedBatch::SlicedBatch(const StepInput& whole, int64_t micro_batch)
    : whole_(whole),
      pairs_(whole.pairs()),
      micro_batch_(micro_batch > 0 ? std::min(micro_batch, pairs_) : pairs_) {}

int64_t SlicedBatch::count() const { return (pairs_ + micro_batch_ - 1) / micro_batch_; }

const StepInput& SlicedBatch::part(int64_t i) {
  if (count() == 1) return whole_;
  const int64_t first = i * micro_batch_, rows = std::min(micro_batch_, pairs_ - first);
  part_ = {};
  for (const Tensor& view : whole_.views) part_.views.push_back(view.narrow(0, first, rows));
  for (const Tensor& kept : whole_.kept_patches)
    part_.kept_patches.push_back(kept.narrow(0, first, rows));
  for (const text::bpe::PackedTexts& slot : whole_.texts)
    part_.texts.push_back(slice_texts(slot, first, rows));
  for (size_t k = 0; k < whole_.targets.size(); ++k) {
    const std::vector<int32_t>& all = whole_.targets[k];
    const std::vector<int32_t>& offsets = whole_.texts[k].offsets;
    part_.targets.emplace_back();
    if (all.empty()) continue;
    part_.targets.back().assign(all.begin() + offsets[static_cast<size_t>(first)],
                                all.begin() + offsets[static_cast<size_t>(first + rows)]);
  }
  return part_;
}

}  // namespace clipwright::train::loop
