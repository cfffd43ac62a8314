// A linear probe by a published protocol: penalty by validation, last fit, test (docs/evaluation/
// probe.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "eval/probe/penalty_search.h"
#include "eval/probe/protocol.h"
#include "eval/sample_outcomes.h"

namespace clipwright::eval::probe {

struct ProbeOptions {
  Protocol protocol = protocols().front();
  uint64_t seed = 0;
  /// The penalty is chosen by the mean recall of a class instead of by accuracy.
  bool by_class = false;
  // Nothing is the protocol's own; what it does not read must not be given.
  std::optional<int> max_iterations = {};  ///< of L-BFGS, a fit: 1,000
  std::optional<int> epochs = {};          ///< of AdamW and SGD: 10 and 90
  std::optional<int64_t> batch_size = {};  ///< of AdamW and SGD: 64 and 1,024
  std::optional<double> lr = {};           ///< of AdamW: 0.1
  /// Of AdamW: rows of each class that training keeps; -1: all.
  std::optional<int64_t> fewshot_k = {};
  std::vector<double> base_lrs = {};  ///< of SGD: ten from .001 to .5
  bool batch_norm = false;            ///< of SGD
  torch::Device device = torch::kCPU;
};

struct ProbeOutcome {
  ProbeScore test;
  std::optional<double> acc5;  ///< none where the test labels do not reach 5
  /// The penalty in the protocol's own words: C, weight_decay or lr; and its value.
  std::string penalty_name;
  std::optional<double> penalty;
  SearchResult search;
  std::vector<double> head_acc1;  ///< SGD: of each head on test
  LinearHead head;                ///< for features as the protocol prepares them
  double objective = 0;           ///< L-BFGS: of the last fit, mean cross entropy plus penalty
  int64_t fitted_rows = 0;

  /// CLIP_benchmark's keys and ours.
  Json metrics(const ProbeOptions& options) const;
  /// One row a test sample: lp_acc1, lp_acc5, lp_mean_per_class_recall.
  SampleOutcomes samples(const FeatureSet& tested) const;
};

/// `validation` may have no rows: the protocol's hold-out takes its place. What is done, and test
/// rows of classes that training lacks, go to the log. Throws Error(kInput) where widths differ or
/// training has fewer than two classes, Error(kUsage) for options that the protocol does not read.
ProbeOutcome run_protocol(FeatureSet train, FeatureSet validation, const FeatureSet& test,
                          const ProbeOptions& options);

}  // namespace clipwright::eval::probe
