// The batch of a step as a loader brings it: micro-batch by micro-batch.
#pragma once

#include <memory>
#include <vector>

#include "data/loader/loader.h"
#include "train/loop/step_input.h"
#include "train/tuning/patch_dropout.h"

namespace clipwright::train::loop {

/// Takes the loader's next batch. A part is waited for when it is first asked for and goes back to
/// the loader when it is done, so that of a whole batch no more is held than the towers still need.
class LoadedBatch final : public StepParts {
 public:
  /// `dropout` may be null, and then `pairs`, whose keys it draws by, is not asked; both must
  /// outlive this.
  LoadedBatch(data::loader::Loader& loader, int image_size,
              const tuning::PatchDropout* dropout = nullptr,
              const data::source::Dataset* pairs = nullptr);
  int64_t count() const override { return loader_.parts(); }
  const StepInput& part(int64_t i) override;
  void done(int64_t i) override;

  /// Seconds spent waiting for the loader.
  double waited() const { return waited_; }
  /// Place of the batch in the data; known once a part was asked for.
  int64_t epoch() const { return epoch_; }
  int64_t index() const { return index_; }

 private:
  struct Part {
    std::unique_ptr<data::loader::Batch> batch;
    StepInput input;  ///< looks into the batch
  };
  data::loader::Loader& loader_;
  int image_size_;
  const tuning::PatchDropout* dropout_;
  const data::source::Dataset* pairs_;
  std::vector<Part> parts_;
  double waited_ = 0;
  int64_t epoch_ = -1, index_ = -1;
};

}  // namespace clipwright::train::loop
