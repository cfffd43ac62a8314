#include "eval/probe/run_probe.h"

#include <utility>

#include "core/error.h"
#include "tensor/device.h"

namespace clipwright::eval::probe {
namespace {

/// `opened` is null for files of features, and for pictures whose model is still to be opened.
EvaluationRecord probe_with(const OpenedModel* opened, ProbeRequest request) {
  ProbeOptions probe = request.probe;
  probe.protocol = protocol_named(request.protocol);
  if (request.select_by != "accuracy" && request.select_by != "mean-per-class")
    fail_usage("--select-by is '" + request.select_by + "'", "accuracy or mean-per-class");
  probe.by_class = request.select_by == "mean-per-class";
  probe.device = opened == nullptr ? tensor::open_device(request.splits.device)
                                   : opened->model->logit_scale().device();
  request.splits.usual = probe.protocol.features;
  sets::SplitFeatures splits = opened == nullptr ? sets::open_splits(request.splits)
                                                 : sets::open_splits(*opened, request.splits);
  EvaluationRecord record;
  record.task = "linear_probe";
  record.dataset = splits.dataset;
  record.model = splits.architecture;
  record.pretrained = splits.pretrained;
  const ProbeOutcome outcome =
      run_protocol(std::move(*splits.train), std::move(splits.validation).value_or(FeatureSet{}),
                   splits.test, probe);
  record.metrics = outcome.metrics(probe);
  record.samples = outcome.samples(splits.test);
  return record;
}

}  // namespace

EvaluationRecord run_probe(const ProbeRequest& request) { return probe_with(nullptr, request); }

EvaluationRecord run_probe(const OpenedModel& opened, ProbeRequest request) {
  return probe_with(&opened, std::move(request));
}

}  // namespace clipwright::eval::probe
