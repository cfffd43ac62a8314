// Features of pictures in files, named by what they were computed from: a model's weights and
// preprocessing, and the pictures' bytes (docs/evaluation/suites.md).
#pragma once

#include <filesystem>

#include "core/json.h"
#include "eval/features.h"
#include "eval/opened_model.h"

namespace clipwright::eval::suite {

/// Everything of a model that its numbers depend on: digest of the weights, architecture,
/// preprocessing, kind of device.
Json model_identity(const OpenedModel& model);

class FeatureCache final : public FeatureStore {
 public:
  explicit FeatureCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// The model of the calls that follow; those of other models are computed and not kept.
  void set_model(const OpenedModel& model, const Json& identity);

  /// A file that is damaged, or that belongs to something else, is computed again with a warning.
  /// Where the disk refuses a file the features are given all the same, with a warning.
  ImageFeatures features(models::Clip& model, const data::source::Dataset& pictures,
                         std::string_view kind,
                         const std::function<ImageFeatures()>& compute) override;

  int64_t found() const { return found_; }  ///< sets that were read instead of computed

 private:
  std::filesystem::path folder_;
  std::shared_ptr<models::Clip> model_;
  Json identity_;
  int64_t found_ = 0;
};

}  // namespace clipwright::eval::suite
