// `clipwright eval fewshot`: a protocol by name, to a result in CLIP_benchmark's schema (docs/
// evaluation/fewshot.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eval/result.h"
#include "eval/sets/labelled_splits.h"

namespace clipwright::eval::fewshot {

struct FewshotRequest {
  std::string protocol = "lgssl";  ///< lgssl, ssl-transfer or coop
  sets::SplitsRequest splits;
  std::optional<int64_t> episodes;  ///< lgssl 5000, ssl-transfer 600
  std::optional<int> ways;          ///< 5
  std::optional<int> queries;       ///< lgssl 6, ssl-transfer 15
  std::vector<int> shots;           ///< 5; coop 1, 2, 4, 8, 16
  std::vector<uint64_t> seeds;      ///< 0; coop 1, 2, 3
};

/// Task "fewshot". Throws Error(kUsage) for an unknown protocol, settings that are not the
/// protocol's, and several shots or seeds where it takes one. A sentence with the outcome goes to
/// the log.
EvaluationRecord run_fewshot(FewshotRequest request);
/// The same of pictures with a model that is open.
EvaluationRecord run_fewshot(const OpenedModel& opened, FewshotRequest request);

}  // namespace clipwright::eval::fewshot
