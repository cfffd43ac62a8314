// The tasks of an episodic few-shot evaluation: a few classes, a few examples of each, and what is
// to be told apart.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/random.h"

namespace clipwright::eval::fewshot {

struct EpisodeShape {
  int ways = 5;     ///< classes an episode
  int shots = 5;    ///< examples a class
  int queries = 6;  ///< rows a class that are to be told apart
};

/// One task. Rows are indices into the sets that the episode was drawn from.
struct Episode {
  std::vector<int64_t> classes;  ///< ascending
  std::vector<int64_t> support;  ///< ways x shots rows, class by class
  std::vector<int64_t> queries;  ///< rows, class by class
  std::vector<int> answers;      ///< for each query the place of its class in `classes`
};

/// `count` distinct numbers of [0, population) in random order; `count` <= `population`.
std::vector<int64_t> draw_distinct(int64_t count, int64_t population, Random& random);

/// Draws episodes by number: an episode depends on the labels, the shape and (seed, number) alone,
/// never on which others are drawn.
class EpisodeDraws {
 public:
  /// Support from one set and queries from another (El Banani et al. 2023). Classes with fewer than
  /// `shots` support rows or no query row are left out; a class with fewer than `queries` rows
  /// gives all it has, as the published code does. Throws Error(kUsage) for a shape below two
  /// classes, one shot and one query, Error(kInput) when fewer than `ways` classes remain.
  EpisodeDraws(std::span<const int64_t> support_labels, std::span<const int64_t> query_labels,
               const EpisodeShape& shape, uint64_t seed);
  /// Both from one set, no row twice (Ericsson et al. 2021). Classes with fewer than `shots` +
  /// `queries` rows are left out. Throws as above.
  EpisodeDraws(std::span<const int64_t> labels, const EpisodeShape& shape, uint64_t seed);

  Episode draw(int64_t number) const;
  int64_t classes() const { return static_cast<int64_t>(eligible_.size()); }
  int64_t left_out() const { return left_out_; }  ///< classes that occur but are too small

 private:
  void keep_classes_with(int64_t support_rows, int64_t query_rows);

  EpisodeShape shape_;
  uint64_t seed_;
  bool one_set_;
  std::vector<std::vector<int64_t>> support_rows_, query_rows_;  // by class
  std::vector<int64_t> eligible_;
  int64_t left_out_ = 0;
};

}  // namespace clipwright::eval::fewshot
