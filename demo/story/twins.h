// The twins: models that differ in how they use the texts of a picture, and in nothing else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/captions/caption_table.h"
#include "data/source/dataset.h"
#include "demo/story/stage.h"
#include "train/options/options.h"

namespace clipwright::demo::story {

/// A way to train.
struct Arm {
  std::string name;  ///< of its runs
  std::string title;
  std::string objective = {};                              ///< preset; empty: as `name` says
  std::vector<std::pair<std::string, double>> terms = {};  ///< over the preset's
  std::vector<std::string> term_options = {}, views = {}, texts = {};
  bool rewrites = false;   ///< reads them
  bool by_tokens = false;  ///< its global features are not trained: patches are compared with words
  double cost = 1;         ///< of a step against CLIP's; a guess, for the time left
};
/// CLIP first: the others are compared with it.
const std::vector<Arm>& demo_arms();
/// CLIP, DeCLIP's ladder, SLIP, FILIP, DeFILIP, each alone and with rewrites. CLIP first. Heads are
/// small, as the model is.
const std::vector<Arm>& family_arms();

/// One model to train.
struct Twin {
  Arm arm;
  uint64_t seed = 0;
  int64_t steps = 0;
  bool equal_time = false;  ///< trained as long as LaCLIP-MT took instead of as many steps
  /// "laclip-s1", "clip-s1-equal-time"
  std::string name() const;
  std::string title() const;
};

/// The settings of a twin: equal for all but objective, seed and steps.
train::options::TrainOptions twin_options(const Twin& twin, const std::filesystem::path& runs,
                                          int64_t pairs);

/// What decides the trained model besides the texts, for the stage's marker.
Json describe_twin(const train::options::TrainOptions& options);

/// Trains, or goes on from the last checkpoint. {"steps", "loss", "seconds", "samples_per_s",
/// "skipped"}
Json train_twin(const train::options::TrainOptions& options,
                const std::shared_ptr<const data::source::Dataset>& pairs,
                const std::shared_ptr<const data::captions::CaptionTable>& captions,
                StageProgress& progress);

}  // namespace clipwright::demo::story
