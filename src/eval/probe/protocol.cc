#include "eval/probe/protocol.h"

namespace clipwright::eval::probe {

const std::vector<Protocol>& protocols() {
  static const std::vector<Protocol> kAll = {
      {.name = "clip",
       .source = "Radford et al. 2021, A.3",
       .search = Search::kAroundPeak,
       .first = -6,
       .last = 6,
       .points = 97,
       .stride = 16},
      {.name = "synclr",
       .source = "Tian et al. 2023 (SynCLR), B.5",
       .standardized = true,
       .grid_of_c = false,
       .search = Search::kAll,
       .first = -6,
       .last = 5,
       .points = 45},
      {.name = "lgssl",
       .source = "El Banani et al. 2023 (LGSSL)",
       .form = PenaltyForm::kNorm,
       .one_row_for_two = false,
       .search = Search::kByQuarters,
       .first = -6,
       .last = 6,
       .points = 29,
       .hold_out = HoldOut::kEachClass},
      {.name = "clip-benchmark",
       .source = "CLIP_benchmark",
       .features = FeatureKind::kEmbedding,
       .unit_length = true,
       .solver = Solver::kAdamW,
       .grid_of_c = false,
       .search = Search::kAroundPeak,
       .first = -6,
       .last = 2,
       .points = 97,
       .stride = 16,
       .hold_out = HoldOut::kNone},
      {.name = "sgd",
       .source = "Tian et al. 2023 (StableRep), after MoCo v3 and DINO",
       .solver = Solver::kSgd,
       .refit_on_both = false},
  };
  return kAll;
}

const Protocol& protocol_named(const std::string& name) { return find_protocol(protocols(), name); }

}  // namespace clipwright::eval::probe
