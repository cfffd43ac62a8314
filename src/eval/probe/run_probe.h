// `clipwright eval probe`: features from files or from a model and pictures, to a result in
// CLIP_benchmark's schema.
#pragma once

#include <optional>
#include <string>

#include "data/source/dataset.h"
#include "eval/opened_model.h"
#include "eval/probe/probe.h"
#include "eval/result.h"

namespace clipwright::eval::probe {

/// Features (N, D) and labels (N) of a split: two .npy files, or pictures with classes.
struct ProbeSplit {
  std::string features, labels;
  data::source::DataOptions data;

  bool from_files() const { return !features.empty() || !labels.empty(); }
  bool given() const { return from_files() || !data.source.empty(); }
};

struct ProbeRequest {
  std::string protocol = "clip";
  ProbeSplit train, validation, test;
  std::string model;     ///< for pictures
  std::string features;  ///< embedding or pooled; empty: the protocol's
  std::string classnames;
  std::string select_by = "accuracy";  ///< or mean-per-class
  std::string device = "cpu";
  ProbeOptions probe;
  EvalOptions options;
};

/// Task "linear_probe". Throws Error(kUsage) for splits that are not given, or given both ways.
EvaluationRecord run_probe(const ProbeRequest& request);
/// The same of pictures with a model that is open: `request.model` and `request.device` are not
/// read.
EvaluationRecord run_probe(const OpenedModel& opened, ProbeRequest request);

}  // namespace clipwright::eval::probe
