// Zero-shot classification: a classifier made of prompts (Radford et al. 2021, section 3.1.4;
// docs/formats/results.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "eval/features.h"
#include "eval/sample_outcomes.h"
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
  double calibration_scale =
      0;                      ///< of the scores in the softmax that `ece` is of; 0: not asked for
  std::optional<double> ece;  ///< expected calibration error, 15 bins

  /// {"acc1", "acc5", "mean_per_class_recall"}; acc5 is null with fewer than five classes. With a
  /// calibration scale also "ece" and "ece_scale".
  Json metrics() const;
};

/// A row a picture that was scored: its class, "acc1" and, with five classes or more, "acc5". Of
/// the mean over classes the column "acc1" is what it takes.
SampleOutcomes zeroshot_outcomes(const ZeroshotResult& result,
                                 const data::source::Dataset& pictures);

/// The classifier (C, E): for each class every template is filled, encoded and brought to length
/// one; their mean is brought to length one.
Tensor zeroshot_classifier(models::Clip& model, const std::vector<std::string>& classnames,
                           const std::vector<std::string>& templates,
                           const EvalOptions& options = {});

/// The classifier (C, E) from the features of all prompts (C * T, E), class by class, not yet of
/// unit length.
Tensor average_prompts(const Tensor& prompts, int64_t classes);

/// Counts over unit-length features (N, E) and a classifier (C, E). Of equal scores the lowest
/// class wins. `labels` in [0, C). A `calibration_scale` above 0 also gives the calibration error
/// of softmax(scale * cosine).
ZeroshotResult score_zeroshot(const Tensor& features, const Tensor& classifier,
                              const std::vector<int>& labels, double calibration_scale = 0);

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
ZeroshotResult count_zeroshot(const Tensor& scores, const std::vector<int>& labels,
                              double calibration_scale = 0);

/// The whole protocol over a set whose pictures have labels. Throws Error(kInput) for a label that
/// is no index into `classnames`, Error(kUsage) for no class or no template. With FILIP's heads
/// by `token_scores` instead of global features.
ZeroshotResult evaluate_zeroshot(models::Clip& model, const data::source::Dataset& pictures,
                                 const std::vector<std::string>& classnames,
                                 const std::vector<std::string>& templates,
                                 const EvalOptions& options = {},
                                 const losses::FilipHeads* heads = nullptr,
                                 double calibration_scale = 0);

}  // namespace clipwright::eval
