#include "eval/fewshot/episodic.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "eval/scores/spread.h"

namespace clipwright::eval::fewshot {
namespace {

EpisodicResult run(const FeatureSet& support, const FeatureSet& queries, const EpisodeDraws& draws,
                   const EpisodicOptions& options) {
  EpisodicResult result;
  result.classes = draws.classes();
  result.left_out = draws.left_out();
  if (result.left_out > 0) {
    log_warning(with_commas(result.left_out) + " of " +
                with_commas(result.classes + result.left_out) +
                " classes have too few rows for the episodes and are left out");
  }
  result.accuracy.resize(static_cast<size_t>(options.episodes));
  Progress progress("episodes", options.episodes);
  // In blocks, so that between them somebody can stop it or read how far it is.
  constexpr int64_t kBlock = 256;
  for (int64_t first = 0; first < options.episodes; first += kBlock) {
    stop_if_interrupted();
    const int64_t last = std::min(first + kBlock, options.episodes);
    at::parallel_for(first, last, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        result.accuracy[static_cast<size_t>(i)] =
            prototype_accuracy(support, queries, draws.draw(i), options.rule);
      }
    });
    progress.update(last);
  }
  return result;
}

void check(const EpisodicOptions& options) {
  if (options.episodes < 1)
    fail_usage("--episodes is " + std::to_string(options.episodes), "at least 1");
}

}  // namespace

double EpisodicResult::mean() const { return scores::mean(accuracy); }
std::optional<double> EpisodicResult::deviation() const { return scores::deviation(accuracy); }
std::optional<double> EpisodicResult::interval() const { return scores::interval(accuracy); }

EpisodicResult evaluate_episodes(const FeatureSet& support, const FeatureSet& queries,
                                 const EpisodicOptions& options) {
  check(options);
  return run(support, queries,
             EpisodeDraws(support.labels, queries.labels, options.shape, options.seed), options);
}

EpisodicResult evaluate_episodes(const FeatureSet& set, const EpisodicOptions& options) {
  check(options);
  return run(set, set, EpisodeDraws(set.labels, options.shape, options.seed), options);
}

}  // namespace clipwright::eval::fewshot
