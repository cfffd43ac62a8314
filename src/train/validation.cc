#include "train/validation.h"

#include <algorithm>

namespace clipwright {

Validation::Validation(std::shared_ptr<const Dataset> dataset, LoaderOptions loader)
    : dataset_(std::move(dataset)),
      captions_(std::make_shared<CaptionTable>(CaptionTable::build(*dataset_, {}))),
      loader_(std::move(loader)) {
  loader_.batch_size = std::min(loader_.batch_size, dataset_->size());
  loader_.policy = CaptionPolicy::kOriginal;
  loader_.shuffle = false;
  loader_.augment = false;
}

double Validation::loss(Clip& model, Objective& objective, const StepOptions& step) const {
  Loader loader(dataset_, captions_, loader_);
  double sum = 0;
  for (int64_t i = 0; i < loader.batches_per_epoch(); ++i) {
    std::unique_ptr<Batch> batch = loader.next();
    sum += evaluate_step(model, objective, view_of(*batch, loader_.image_size), step).loss;
    loader.recycle(std::move(batch));
  }
  return sum / static_cast<double>(loader.batches_per_epoch());
}

}  // namespace clipwright
