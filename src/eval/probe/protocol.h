// The published ways to probe, as data.
#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "core/words.h"
#include "eval/feature_set.h"
#include "eval/probe/logistic_regression.h"

namespace clipwright::eval::probe {

enum class Solver { kLbfgs, kAdamW, kSgd };
enum class Search { kNone, kAll, kAroundPeak, kByQuarters };
/// What stands in for validation where the user gives none.
enum class HoldOut {
  kNone,      ///< nothing: no search
  kRandom,    ///< a share of the rows
  kEachClass  ///< that share of each class
};

struct Protocol {
  std::string name, source;  ///< as the user names it; whose it is
  FeatureKind features = FeatureKind::kPooled;
  bool unit_length = false, standardized = false;
  Solver solver = Solver::kLbfgs;
  PenaltyForm form = PenaltyForm::kSquaredNorm;
  bool one_row_for_two = true;
  /// The grid is of C (true), or of weight decay (false; for L-BFGS C = 1 / weight decay).
  bool grid_of_c = true;
  Search search = Search::kNone;
  double first = 0, last = 0;  ///< powers of ten at the ends of the grid
  int points = 0;              ///< of the grid; of the fine one for kByQuarters
  int stride = 0;              ///< kAroundPeak: every stride-th point comes first
  HoldOut hold_out = HoldOut::kRandom;
  double hold_out_share = 0.2;
  bool refit_on_both = true;  ///< the last fit is on train and validation
};

/// clip, synclr, lgssl, clip-benchmark and sgd.
const std::vector<Protocol>& protocols();
/// Throws Error(kUsage) naming the nearest for another name.
const Protocol& protocol_named(const std::string& name);

/// The same among protocols of any kind that have a `name`.
template <typename P>
const P& find_protocol(const std::vector<P>& all, const std::string& name) {
  std::vector<std::string> names;
  for (const P& protocol : all) {
    if (protocol.name == name) return protocol;
    names.push_back(protocol.name);
  }
  const std::string near = nearest(name, names);
  fail_usage("--protocol is '" + name + "'", listed(names, " or "),
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

}  // namespace clipwright::eval::probe
