#include "eval/probe/run_probe.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/log.h"
#include "eval/sets/evaluation_data.h"
#include "tensor/device.h"

namespace clipwright::eval::probe {
namespace {

void check_split(const ProbeSplit& split, const std::string& name, bool needed) {
  const std::string files = "--" + name + "-features and --" + name + "-labels";
  if (split.from_files() && !split.data.source.empty())
    fail_usage(files + " and --" + name + "-data are given", "one of them");
  if (split.from_files() && (split.features.empty() || split.labels.empty())) {
    fail_usage("--" + name + (split.features.empty() ? "-features" : "-labels") + " is missing",
               files + " together");
  }
  if (needed && !split.given())
    fail_usage("there is nothing to " + name + (name == "train" ? " on" : ""),
               files + ", or --model with --" + name + "-data");
}

/// Whether features come from files. All splits come the same way.
bool check_request(const ProbeRequest& request) {
  check_split(request.train, "train", true);
  check_split(request.validation, "val", false);
  check_split(request.test, "test", true);
  const bool files = request.train.from_files();
  for (const ProbeSplit* split : {&request.validation, &request.test}) {
    if (split->given() && split->from_files() != files)
      fail_usage("some splits are files of features and some are pictures", "all the same way");
  }
  if (files && !request.model.empty())
    fail_usage("--model is given with files of features",
               "--model with --train-data and "
               "--test-data, or files alone");
  if (files && !request.features.empty())
    fail_usage("--features is given with files, which hold what they hold",
               "--features embedding or pooled with --model");
  if (!files && request.model.empty())
    fail_usage("there is no --model to encode the pictures",
               "--model MODEL, or files by --train-features and --train-labels");
  if (!request.features.empty() && request.features != "embedding" && request.features != "pooled")
    fail_usage("--features is '" + request.features + "'", "embedding or pooled");
  if (request.select_by != "accuracy" && request.select_by != "mean-per-class")
    fail_usage("--select-by is '" + request.select_by + "'", "accuracy or mean-per-class");
  return files;
}

/// Classes are told apart by number, and class folders number those that are there: where a split
/// has other folders than the one before it, its classes take the numbers of the same names, and
/// new names come after them.
void renumber(FeatureSet& set, const std::vector<std::string>& names,
              std::vector<std::string>& known) {
  if (known.empty()) known = names;
  if (names == known) return;
  std::map<std::string, int64_t> number;
  for (const std::string& name : known) {
    if (number.try_emplace(name, static_cast<int64_t>(number.size())).second) continue;
    fail_input(
        set.source + ": has other classes than the training split, of which two are called '" +
            name + "'",
        "the same classes, or names that differ", "Give every split the same class folders.");
  }
  std::vector<int64_t> of_own;
  for (const std::string& name : names) {
    const auto [place, added] = number.try_emplace(name, static_cast<int64_t>(number.size()));
    if (added) known.push_back(name);
    of_own.push_back(place->second);
  }
  for (int64_t& label : set.labels) label = of_own[static_cast<size_t>(label)];
  log_info(set.source + ": has other classes than the training split; they are matched by name");
}

FeatureSet encode(models::Clip& model, const ProbeSplit& split, const ProbeRequest& request,
                  FeatureKind kind, std::vector<std::string>& known_names) {
  const sets::ClassificationData data =
      sets::open_classification(split.data, request.classnames, /*templates=*/"");
  log_info(data.pictures->describe() + "; " +
           with_commas(static_cast<int64_t>(data.classnames.size())) + " classes");
  FeatureSet set = encode_feature_set(model, *data.pictures, kind, request.options);
  set.source = split.data.source;
  renumber(set, data.classnames, known_names);
  return set;
}

/// `opened` is null for files of features, and for pictures whose model is still to be opened.
EvaluationRecord probe_with(const OpenedModel* opened, const ProbeRequest& request) {
  ProbeOptions probe = request.probe;
  probe.protocol = protocol_named(request.protocol);
  probe.by_class = request.select_by == "mean-per-class";
  const bool files = check_request(request);
  if (request.options.batch_size < 1 || request.options.workers < 1)
    fail_usage("--encode-batch-size or --workers is below 1", "at least 1");
  probe.device = opened == nullptr ? tensor::open_device(request.device)
                                   : opened->model->logit_scale().device();
  EvaluationRecord record;
  record.task = "linear_probe";
  FeatureSet train, validation, test;
  if (files) {
    const auto read = [](const ProbeSplit& split) {
      return split.given() ? read_feature_set(split.features, split.labels) : FeatureSet{};
    };
    train = read(request.train);
    validation = read(request.validation);
    test = read(request.test);
    record.dataset = request.test.features;
    record.pretrained = request.train.features;
  } else {
    OpenedModel own;
    if (opened == nullptr) {
      own = open_model(request.model, request.device);
      opened = &own;
    }
    warn_without_global_features(request.model);
    const FeatureKind kind = request.features.empty()       ? probe.protocol.features
                             : request.features == "pooled" ? FeatureKind::kPooled
                                                            : FeatureKind::kEmbedding;
    std::vector<std::string> names;
    train = encode(*opened->model, request.train, request, kind, names);
    if (request.validation.given())
      validation = encode(*opened->model, request.validation, request, kind, names);
    test = encode(*opened->model, request.test, request, kind, names);
    record.dataset = request.test.data.source;
    record.model = opened->architecture();
    record.pretrained = request.model;
  }
  const ProbeOutcome outcome = run_protocol(std::move(train), std::move(validation), test, probe);
  record.metrics = outcome.metrics(probe);
  record.samples = outcome.samples(test);
  return record;
}

}  // namespace

EvaluationRecord run_probe(const ProbeRequest& request) { return probe_with(nullptr, request); }

EvaluationRecord run_probe(const OpenedModel& opened, ProbeRequest request) {
  request.model = opened.source;
  return probe_with(&opened, request);
}

}  // namespace clipwright::eval::probe
