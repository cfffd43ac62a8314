// Linear probes on a few pictures of each class, as CoOp compares with (Zhou et al. 2022, lpclip).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "eval/feature_set.h"

namespace clipwright::eval::fewshot {

struct CoopOptions {
  std::vector<int> shots{1, 2, 4, 8, 16};
  std::vector<uint64_t> seeds{1, 2, 3};
  int steps = 8;              ///< halvings of the interval of C
  int max_iterations = 1000;  ///< of L-BFGS, a fit
};

/// A probe and the strength C that validation chose.
struct ChosenProbe {
  double c = 0;
  double validation_accuracy = 0;  ///< at C
  double accuracy = 0;             ///< on test
};

/// Multinomial logistic regression at C in 1e6, 1e4, ... 1e-6, of equally good ones the first; then
/// between C / 10 and 10 C, `steps` times: the end that is better on validation (the lower where
/// they are equal) stays, the other moves to the middle of the logarithms. The last end that stayed
/// is the result. Rows of classes that `train` lacks are never right. Throws as LogisticProblem.
ChosenProbe choose_probe(const FeatureSet& train, const FeatureSet& validation,
                         const FeatureSet& test, const CoopOptions& options);

struct CoopRun {
  int shots = 0;
  uint64_t seed = 0;
  ChosenProbe probe;
};

struct CoopResult {
  std::vector<CoopRun> runs;  ///< by shots, then seed

  /// Over the seeds: mean, standard deviation (over n - 1) and 1.96 of them over the root of n, the
  /// last two only with two seeds and more.
  double mean(int shots) const;
  std::optional<double> deviation(int shots) const;
  std::optional<double> interval(int shots) const;
};

/// For each number of shots and seed: that many training rows a class, min(shots, 4) validation
/// rows a class, all test rows. Of a seed, fewer shots are the first of more. A class with fewer
/// rows gives all it has, counted in the log. Without validation its rows come from what is left of
/// training. Throws Error(kUsage) for no shots or seeds, Error(kInput) when there are fewer than
/// two classes or no validation rows.
CoopResult evaluate_coop(const FeatureSet& train, const std::optional<FeatureSet>& validation,
                         const FeatureSet& test, const CoopOptions& options);

}  // namespace clipwright::eval::fewshot
