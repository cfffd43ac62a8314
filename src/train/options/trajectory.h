// What decides the numbers of every later step: settings, model, preprocessing and data. A resumed
// run must not change it unnoticed. Values are compared, not bytes or paths.
#pragma once

#include <string>

#include "core/json.h"
#include "core/preprocessing.h"
#include "data/captions/caption_table.h"
#include "data/source/dataset.h"
#include "models/config.h"
#include "train/options/options.h"
#include "train/options/plan.h"

namespace clipwright::train::options {

struct TrajectoryModel {
  models::ModelConfig config;
  Preprocessing preprocessing;  ///< of training: the model's, with the crop of --augment
  std::string weights;          ///< the digest of those it starts from; empty: drawn from the seed
};

/// Settings with nothing left open under their flags' names, every value of the model's
/// configuration and preprocessing, and what identifies the data: pairs, and hashes of keys, texts
/// and pictures of 64 pairs spread over it.
Json describe_trajectory(const TrainOptions& filled, const Plan& plan,
                         const data::source::Dataset& dataset,
                         const data::captions::CaptionTable& captions,
                         const TrajectoryModel& model);

/// Every value of a configuration but its name, in sections; where a file leaves a value out, its
/// default. The same model gives the same, however its file is laid out.
Json describe_model(const models::ModelConfig& config);
Json describe_preprocessing(const Preprocessing& preprocessing);

/// A checkpoint of before models were part of a trajectory: its own configuration says them.
Json with_model_of_checkpoint(Json saved, const models::ModelConfig& config);

/// Throws Error(kUsage) listing what differs from the checkpoint `where`, each by its name with
/// both values ("model.vision.activation was ..."); with `allow_changes` logs it instead. What an
/// older checkpoint does not say is named in a warning.
void check_trajectory(const Json& saved, const Json& now, bool allow_changes,
                      const std::string& where);

}  // namespace clipwright::train::options
