// Few-shot accuracy as the mean over many episodes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "eval/feature_set.h"
#include "eval/fewshot/episodes.h"
#include "eval/fewshot/prototypes.h"

namespace clipwright::eval::fewshot {

struct EpisodicOptions {
  PrototypeRule rule = PrototypeRule::kCentredUnit;
  EpisodeShape shape;
  int64_t episodes = 5000;
  uint64_t seed = 0;
};

struct EpisodicResult {
  std::vector<double> accuracy;  ///< of each episode by its number, in [0, 1]
  int64_t classes = 0;           ///< episodes are drawn from these
  int64_t left_out = 0;          ///< classes with too few rows

  double mean() const;
  /// Standard deviation over the episodes (over n - 1); none of one episode.
  std::optional<double> deviation() const;
  /// Half the width of the mean's 95 % interval: 1.96 deviations over the root of the number of
  /// episodes. It says how well the episodes measure this model on these rows, not how the model
  /// would do on others.
  std::optional<double> interval() const;
};

/// Support rows from `support` and queries from `queries`. Each episode is computed alone, so the
/// result does not depend on the number of threads. Throws as EpisodeDraws, Error(kUsage) for no
/// episode, Error(kInterrupted).
EpisodicResult evaluate_episodes(const FeatureSet& support, const FeatureSet& queries,
                                 const EpisodicOptions& options);
/// Both from one set, no row twice in an episode.
EpisodicResult evaluate_episodes(const FeatureSet& set, const EpisodicOptions& options);

}  // namespace clipwright::eval::fewshot
