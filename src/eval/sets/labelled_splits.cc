#include "eval/sets/labelled_splits.h"

#include <map>

#include "core/error.h"
#include "core/log.h"
#include "eval/sets/evaluation_data.h"

namespace clipwright::eval::sets {
namespace {

/// `set` is the suite's that asks; empty where flags do.
void check_split(const LabelledSplit& split, const std::string& name, bool needed,
                 const std::string& set) {
  const std::string files = "--" + name + "-features and --" + name + "-labels",
                    data = "--" + name + "-data";
  if (split.from_files() && !split.data.source.empty())
    fail_usage(files + " and " + data + " were given", "one of them");
  if (split.from_files() && (split.features.empty() || split.labels.empty())) {
    fail_usage("--" + name + (split.features.empty() ? "-features" : "-labels") + " is missing",
               files + " together");
  }
  if (needed && !split.given() && !set.empty()) {
    fail_usage("set '" + set + "' has no " + name + " split",
               name + " = \"...\" in the suite's file, or a folder " + name + " in the set's");
  }
  if (needed && !split.given())
    fail_usage("the " + name + " split is missing", files + ", or --model with " + data);
}

/// Whether features come from files. `has_model`: one is named, or open already.
bool check(const SplitsRequest& request, bool has_model) {
  check_split(request.train, "train", request.needs_train, request.set);
  check_split(request.validation, "val", false, request.set);
  check_split(request.test, "test", true, request.set);
  const bool files = request.test.from_files();
  for (const LabelledSplit* split : {&request.train, &request.validation}) {
    if (split->given() && split->from_files() != files)
      fail_usage("some splits are files of features and some are pictures", "all the same way");
  }
  if (files && has_model)
    fail_usage("--model was given with files of features",
               "--model with --test-data, or files alone");
  if (files && !request.features.empty())
    fail_usage("--features was given with files, which hold what they hold",
               "--features with --model");
  if (!files && !has_model)
    fail_usage("there is no --model to encode the pictures",
               "--model MODEL, or files by --test-features and --test-labels");
  if (!request.features.empty() && request.features != "embedding" && request.features != "pooled")
    fail_usage("--features is '" + request.features + "'", "embedding or pooled");
  if (request.options.batch_size < 1)
    fail_usage("--batch-size is " + std::to_string(request.options.batch_size), "at least 1");
  if (request.options.workers < 1)
    fail_usage("--workers is " + std::to_string(request.options.workers), "at least 1");
  return files;
}

/// Gives the classes of `names` the numbers that `known` has for them; new ones come behind.
void match_by_name(const std::vector<std::string>& names, std::vector<std::string>& known,
                   FeatureSet& set) {
  if (known.empty()) known = names;
  if (names == known) return;
  std::map<std::string, int64_t> number;
  for (const std::string& name : known) {
    if (number.try_emplace(name, static_cast<int64_t>(number.size())).second) continue;
    fail_input(set.source + ": has other classes than the training split, where two are called '" +
                   name + "'",
               "the same classes, or names that differ");
  }
  std::vector<int64_t> renumbered;
  for (const std::string& name : names) {
    const auto [place, added] = number.try_emplace(name, static_cast<int64_t>(number.size()));
    if (added) known.push_back(name);
    renumbered.push_back(place->second);
  }
  for (int64_t& label : set.labels) label = renumbered[static_cast<size_t>(label)];
  log_info(set.source + ": has other classes than the training split; they are matched by name");
}

FeatureSet encode(models::Clip& model, const LabelledSplit& split, const SplitsRequest& request,
                  FeatureKind kind, std::vector<std::string>& known) {
  const ClassificationData data =
      open_classification(split.data, request.classnames, /*templates=*/"plain");
  if (data.multi_label)
    fail_input(split.data.source + ": its pictures have several labels each",
               "one class a picture");
  log_info(data.pictures->describe() + "; " +
           with_commas(static_cast<int64_t>(data.classnames.size())) + " classes");
  FeatureSet set = encode_feature_set(model, *data.pictures, kind, request.options);
  set.source = split.data.source;
  match_by_name(data.classnames, known, set);
  return set;
}

/// `opened` is null for files, and for pictures whose model is still to be opened.
SplitFeatures open_with(const OpenedModel* opened, const SplitsRequest& request) {
  const bool files = check(request, opened != nullptr || !request.model.empty());
  SplitFeatures splits;
  if (files) {
    const auto read = [](const LabelledSplit& split) -> std::optional<FeatureSet> {
      if (!split.given()) return std::nullopt;
      return read_feature_set(split.features, split.labels);
    };
    splits.train = read(request.train);
    splits.validation = read(request.validation);
    splits.test = *read(request.test);
    splits.dataset = request.test.features;
    splits.pretrained = request.test.features;
    splits.features = "files";
  } else {
    const FeatureKind kind = request.features.empty()       ? request.usual
                             : request.features == "pooled" ? FeatureKind::kPooled
                                                            : FeatureKind::kEmbedding;
    OpenedModel own;
    if (opened == nullptr) {
      own = open_model(request.model, request.device);
      opened = &own;
    }
    if (kind == FeatureKind::kEmbedding) warn_without_global_features(opened->source);
    std::vector<std::string> known;
    if (request.train.given())
      splits.train = encode(*opened->model, request.train, request, kind, known);
    if (request.validation.given())
      splits.validation = encode(*opened->model, request.validation, request, kind, known);
    splits.test = encode(*opened->model, request.test, request, kind, known);
    splits.dataset = request.test.data.source;
    splits.architecture = opened->architecture();
    splits.pretrained = opened->source;
    splits.features = kind == FeatureKind::kPooled ? "pooled" : "embedding";
  }
  if (splits.train) check_same_width(*splits.train, splits.test);
  if (splits.train && splits.validation) check_same_width(*splits.train, *splits.validation);
  return splits;
}

}  // namespace

SplitFeatures open_splits(const SplitsRequest& request) { return open_with(nullptr, request); }

SplitFeatures open_splits(const OpenedModel& opened, const SplitsRequest& request) {
  return open_with(&opened, request);
}

}  // namespace clipwright::eval::sets
