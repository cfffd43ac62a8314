#include "eval/probe/splits.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "eval/sets/class_rows.h"

namespace clipwright::eval::probe {
namespace {

/// All rows in random order.
std::vector<int64_t> shuffled(const FeatureSet& set, uint64_t seed, std::string_view purpose) {
  const Permutation order(static_cast<uint64_t>(set.size()), seed, purpose, 0);
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < set.size(); ++i)
    rows.push_back(static_cast<int64_t>(order(static_cast<uint64_t>(i))));
  return rows;
}

/// Rows by class, each list in random order.
sets::ClassRows shuffled_by_class(const FeatureSet& set, uint64_t seed, std::string_view purpose) {
  return sets::rows_by_class(set.labels, shuffled(set, seed, purpose));
}

FeatureSet pick_in_order(const FeatureSet& set, std::vector<int64_t> rows) {
  std::sort(rows.begin(), rows.end());
  return pick(set, rows);
}

}  // namespace

std::pair<FeatureSet, FeatureSet> hold_out(const FeatureSet& train, double share, bool each_class,
                                           uint64_t seed) {
  sets::ClassRows groups;
  if (each_class) {
    groups = shuffled_by_class(train, seed, "probe-hold-out");
  } else {
    groups[0] = shuffled(train, seed, "probe-hold-out");
  }
  std::vector<int64_t> kept, held;
  for (const auto& [label, rows] : groups) {
    const auto first =
        rows.begin() + static_cast<int64_t>(share * static_cast<double>(rows.size()));
    held.insert(held.end(), rows.begin(), first);
    kept.insert(kept.end(), first, rows.end());
  }
  if (held.empty() || kept.empty()) {
    fail_input(train.source + ": has " + with_commas(train.size()) +
                   " rows, of which none can be held out to choose the penalty",
               each_class ? "at least five of a class" : "at least five",
               "Give validation rows of your own.");
  }
  return {pick_in_order(train, std::move(kept)), pick_in_order(train, std::move(held))};
}

FeatureSet few_of_each_class(const FeatureSet& train, int64_t k, uint64_t seed) {
  std::vector<int64_t> kept;
  for (const auto& [label, rows] : shuffled_by_class(train, seed, "probe-few")) {
    if (static_cast<int64_t>(rows.size()) < k) {
      fail_input(train.source + ": class " + std::to_string(label) + " has " +
                     with_commas(static_cast<int64_t>(rows.size())) + " rows",
                 "at least --fewshot-k " + std::to_string(k) + " of each class");
    }
    kept.insert(kept.end(), rows.begin(), rows.begin() + k);
  }
  return pick_in_order(train, std::move(kept));
}

}  // namespace clipwright::eval::probe
