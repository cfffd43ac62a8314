#include "train/tuning/held_out.h"

#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/random.h"

namespace clipwright::train::tuning {

HeldOut hold_out(std::shared_ptr<const data::source::Dataset> pairs, double share, uint64_t seed) {
  std::vector<int64_t> training, held_out;
  for (int64_t i = 0; i < pairs->size(); ++i) {
    Random random(seed, "hold out", 0, std::string_view(pairs->key(i)));
    (random.uniform() < share ? held_out : training).push_back(i);
  }
  if (training.empty() || held_out.empty()) {
    fail_usage("--hold-out " + Json(share).dump() + " leaves nothing of " +
                   with_commas(pairs->size()) + " pairs to " +
                   (training.empty() ? "train on" : "validate with"),
               "another share, or --val-data SRC");
  }
  return {data::source::subset(pairs, std::move(training)),
          data::source::subset(pairs, std::move(held_out))};
}

}  // namespace clipwright::train::tuning
