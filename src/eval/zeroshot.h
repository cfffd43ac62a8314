// Zero-shot classification: a classifier made of prompts (Radford et al. 2021, section 3.1.4;
// docs/formats/results.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "eval/features.h"
#include "losses/filip_heads.h"

namespace clipwright::eval {

struct ZeroshotResult {
  int64_t pictures = 0;              ///< that were scored
  int64_t bad = 0;                   ///< that could not be read and are left out
  double acc1 = 0;                   ///< shares in [0, 1]
  std::optional<double> acc5;        ///< none with fewer than five classes
  double mean_per_class_recall = 0;  ///< over the classes that occur
  std::vector<int> predicted;  ///< class of each picture of the set, by index; -1 for a bad one
  std::vector<int>
      rank;  ///< classes that score above the right one, by index (0: right); -1 for a bad one

  /// {"acc1", "acc5", "mean_per_class_recall"}; acc5 is null with fewer than five classes.
  Json metrics() const;
};

/// The classifier (C, E): for each class every template is filled, encoded and brought to length
/// one; their mean is brought to length one.
Tensor zeroshot_classifier(models::Clip& model, const std::vector<std::string>& classnames,
                           const std::vector<std::string>& templates,
                           const EvalOptions& options = {});

/// The classifier (C, E) from the features of all prompts (C * T, E), class by class, not yet of
/// unit length.
Tensor average_prompts(const Tensor& prompts, int64_t classes);

/// Counts over unit-length features (N, E) and a classifier (C, E). Of equal scores the lowest
/// class wins. `labels` in [0, C).
ZeroshotResult score_zeroshot(const Tensor& features, const Tensor& classifier,
                              const std::vector<int>& labels);

/// Scores (N, C) of every picture with every class by FILIP's comparison: the mean over the
/// picture's patches of the largest similarity to a word of the class's prompts, whose rows are
/// averaged place by place over the templates that reach it (Yao et al. 2021). Throws as
/// `embed_images`.
ImageFeatures token_scores(models::Clip& model, const losses::FilipHeads& heads,
                           const data::source::Dataset& pictures,
                           const std::vector<std::string>& classnames,
                           const std::vector<std::string>& templates,
                           const EvalOptions& options = {});

/// The same from scores (N, C): the larger, the better.
ZeroshotResult count_zeroshot(const Tensor& scores, const std::vector<int>& labels);

/// The whole protocol over a set whose pictures have labels. Throws Error(kInput) for a label that
/// is no index into `classnames`, Error(kUsage) for no class or no template. With FILIP's heads
/// by `token_scores` instead of global features.
ZeroshotResult evaluate_zeroshot(models::Clip& model, const data::source::Dataset& pictures,
                                 const std::vector<std::string>& classnames,
                                 const std::vector<std::string>& templates,
                                 const EvalOptions& options = {},
                                 const losses::FilipHeads* heads = nullptr);

}  // namespace clipwright::eval
