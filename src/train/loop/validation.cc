#include "train/loop/validation.h"

#include <algorithm>

#include "train/loop/loaded_batch.h"

namespace clipwright::train::loop {

Validation::Validation(std::shared_ptr<const data::source::Dataset> dataset,
                       data::loader::LoaderOptions loader)
    : dataset_(std::move(dataset)),
      captions_(std::make_shared<data::captions::CaptionTable>(
          data::captions::CaptionTable::build(*dataset_, {}))),
      loader_(std::move(loader)) {
  loader_.batch_size = std::min(loader_.batch_size, dataset_->size());
  // Held-out pairs are read as they are, every time and by every run alike, so that runs with and
  // without rewrites can be compared; masked slots stay masked.
  for (data::captions::TextSlot& slot : loader_.texts)
    slot = {.source = data::captions::TextSource::kOriginal, .mode = {}, .masked = slot.masked};
  loader_.all_rewrites = false;
  loader_.views.clear();
  loader_.shuffle = false;
}

double Validation::loss(models::Clip& model, losses::Objective& objective,
                        const StepOptions& step) const {
  data::loader::Loader loader(dataset_, captions_, loader_);
  double sum = 0;
  for (int64_t i = 0; i < loader.batches_per_epoch(); ++i) {
    LoadedBatch batch(loader, loader_.image_size);
    sum += evaluate_step(model, objective, batch, step).loss;
  }
  return sum / static_cast<double>(loader.batches_per_epoch());
}

}  // namespace clipwright::train::loop
