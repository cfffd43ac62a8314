// `clipwright eval probe`: features from files or from a model and pictures, to a result in
// CLIP_benchmark's schema.
#pragma once

#include <string>

#include "eval/probe/probe.h"
#include "eval/result.h"
#include "eval/sets/labelled_splits.h"

namespace clipwright::eval::probe {

struct ProbeRequest {
  std::string protocol = "clip";
  sets::SplitsRequest splits;
  std::string select_by = "accuracy";  ///< or mean-per-class
  ProbeOptions probe;
};

/// Task "linear_probe". Throws as `sets::open_splits`.
EvaluationRecord run_probe(const ProbeRequest& request);
/// The same of pictures with a model that is open.
EvaluationRecord run_probe(const OpenedModel& opened, ProbeRequest request);

}  // namespace clipwright::eval::probe
