#include "train/loop/loaded_batch.h"

#include <chrono>

#include "core/error.h"

namespace clipwright::train::loop {

LoadedBatch::LoadedBatch(data::loader::Loader& loader, int image_size,
                         const tuning::PatchDropout* dropout, const data::source::Dataset* pairs)
    : loader_(loader), image_size_(image_size), dropout_(dropout), pairs_(pairs) {
  parts_.reserve(static_cast<size_t>(loader.parts()));
}

const StepInput& LoadedBatch::part(int64_t i) {
  const auto place = static_cast<size_t>(i);
  if (place == parts_.size()) {
    const auto start = std::chrono::steady_clock::now();
    std::unique_ptr<data::loader::Batch> batch = loader_.next();
    waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    CW_CHECK(batch->part == i && (i == 0 || (batch->epoch == epoch_ && batch->index == index_)),
             "the loader is at another batch than the step");
    epoch_ = batch->epoch;
    index_ = batch->index;
    StepInput input;
    const auto view_bytes = static_cast<size_t>(3) * static_cast<size_t>(image_size_) *
                            static_cast<size_t>(image_size_) * static_cast<size_t>(batch->size);
    for (size_t at = 0; at < batch->images.size(); at += view_bytes) {
      input.views.push_back(torch::from_blob(
          batch->images.data() + at, {batch->size, 3, image_size_, image_size_}, torch::kUInt8));
    }
    if (dropout_ != nullptr && dropout_->drops()) {
      std::vector<std::string> keys;
      for (const int64_t sample : batch->samples) keys.push_back(pairs_->key(sample));
      for (size_t v = 0; v < input.views.size(); ++v)
        input.kept_patches.push_back(dropout_->draw(keys, batch->epoch, v));
    }
    input.texts = std::move(batch->texts);
    input.targets = std::move(batch->targets);
    parts_.push_back({std::move(batch), std::move(input)});
  }
  CW_CHECK(place < parts_.size() && parts_[place].batch,
           "parts come in order and once done are gone");
  return parts_[place].input;
}

void LoadedBatch::done(int64_t i) {
  Part& part = parts_.at(static_cast<size_t>(i));
  part.batch->texts = std::move(part.input.texts);  // their memory is used again
  part.batch->targets = std::move(part.input.targets);
  part.input = {};
  loader_.recycle(std::move(part.batch));
}

}  // namespace clipwright::train::loop
