// The splits of a classification set as features: from .npy files, or of pictures by a model.
#pragma once

#include <optional>
#include <string>

#include "data/source/dataset.h"
#include "eval/feature_set.h"
#include "eval/features.h"
#include "eval/opened_model.h"

namespace clipwright::eval::sets {

/// Features (N, D) and labels (N): two .npy files, or pictures with classes.
struct LabelledSplit {
  std::string features, labels;
  data::source::DataOptions data;

  bool from_files() const { return !features.empty() || !labels.empty(); }
  bool given() const { return from_files() || !data.source.empty(); }
};

struct SplitsRequest {
  LabelledSplit train, validation, test;
  models::ModelArgument model;  ///< for pictures
  std::string features;         ///< embedding or pooled, for pictures; empty: `usual`
  FeatureKind usual = FeatureKind::kPooled;
  std::string classnames;   ///< for pictures whose set has none
  std::string set;          ///< of a suite's file, of whose keys messages speak; empty: of flags
  bool needs_train = true;  ///< a protocol may do with a test split alone
  std::string device = "cpu";
  EvalOptions options;
};

struct SplitFeatures {
  std::optional<FeatureSet> train, validation;
  FeatureSet test;
  std::string dataset, architecture, pretrained;  ///< for the result
  std::string features;                           ///< "embedding", "pooled" or "files"
};

/// Throws Error(kUsage) for splits that are missing, given both ways, or some as files and some as
/// pictures; what reading and encoding throw; Error(kInput) where widths differ. Class folders
/// number the classes that are there: where a split has others than the training split, they are
/// matched by name.
SplitFeatures open_splits(const SplitsRequest& request);
/// The same with a model that is open: `request.model` and `request.device` are not read.
SplitFeatures open_splits(const OpenedModel& opened, const SplitsRequest& request);

}  // namespace clipwright::eval::sets
