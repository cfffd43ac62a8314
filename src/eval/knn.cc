#include "eval/knn.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_set>

#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "eval/zeroshot.h"

namespace clipwright::eval {
namespace {

/// Of the test rows, those whose class is among the five with the most weight; a class that no
/// neighbour voted for is not among the best, wherever its number stands.
double share_among_five(const Tensor& scores, const ZeroshotResult& result,
                        const std::vector<int64_t>& labels) {
  int64_t among_five = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const float* row = scores.const_data_ptr<float>() + static_cast<int64_t>(i) * scores.size(1);
    among_five += result.rank[i] < 5 && row[labels[i]] > 0;
  }
  return static_cast<double>(among_five) / static_cast<double>(labels.size());
}

void say_what_training_lacks(const FeatureSet& train, const FeatureSet& test) {
  const std::unordered_set<int64_t> known(train.labels.begin(), train.labels.end());
  std::set<int64_t> lacking;
  int64_t rows = 0;
  for (const int64_t label : test.labels) {
    if (known.contains(label)) continue;
    lacking.insert(label);
    ++rows;
  }
  if (rows == 0) return;
  log_warning(with_commas(rows) + " of " + with_commas(test.size()) + " test rows are of " +
              with_commas(static_cast<int64_t>(lacking.size())) +
              (lacking.size() == 1 ? " class" : " classes") +
              " without a training row (the first is class " + std::to_string(*lacking.begin()) +
              "); they count as wrong");
}

EvaluationRecord knn_with(const OpenedModel* opened, KnnRequest request) {
  if (request.options.neighbours < 1)
    fail_usage("--neighbours is " + std::to_string(request.options.neighbours), "at least 1");
  if (!(request.options.temperature > 0) || !std::isfinite(request.options.temperature))
    fail_usage("--temperature is not above 0", "a number such as 0.07");
  if (request.splits.validation.given())
    fail_usage("a validation split was given",
               "--train and --test splits alone: nothing is chosen");
  request.splits.usual = FeatureKind::kPooled;
  sets::SplitFeatures splits = opened == nullptr ? sets::open_splits(request.splits)
                                                 : sets::open_splits(*opened, request.splits);
  say_what_training_lacks(*splits.train, splits.test);
  const std::vector<int64_t> labels = number_classes({&*splits.train, &splits.test});
  const Tensor scores = scores::neighbour_scores(
      unit_rows(splits.train->rows), splits.train->labels, unit_rows(splits.test.rows),
      static_cast<int64_t>(labels.size()), request.options);
  ZeroshotResult result = count_zeroshot(
      scores, std::vector<int>(splits.test.labels.begin(), splits.test.labels.end()));
  if (result.acc5) result.acc5 = share_among_five(scores, result, splits.test.labels);
  EvaluationRecord record;
  record.dataset = splits.dataset;
  record.model = splits.architecture;
  record.pretrained = splits.pretrained;
  record.task = "knn";
  record.metrics = result.metrics();
  record.metrics["neighbours"] = request.options.neighbours;
  record.metrics["temperature"] = request.options.temperature;
  record.metrics["features"] = splits.features;
  record.samples.metrics = {"acc1"};
  for (size_t i = 0; i < result.rank.size(); ++i) {
    const std::string key =
        splits.test.keys.empty() ? "row " + std::to_string(i) : splits.test.keys[i];
    const int64_t label = labels[static_cast<size_t>(splits.test.labels[i])];
    record.samples.add(key, static_cast<int>(label), {result.rank[i] == 0 ? 1.0F : 0.0F});
  }
  log_info("nearest " + with_commas(request.options.neighbours) + " of " +
           with_commas(splits.train->size()) + " rows, " + with_commas(result.pictures) +
           " tested: top-1 " + percent(result.acc1, 2));
  return record;
}

}  // namespace

EvaluationRecord run_knn(const KnnRequest& request) { return knn_with(nullptr, request); }

EvaluationRecord run_knn(const OpenedModel& opened, const KnnRequest& request) {
  return knn_with(&opened, request);
}

}  // namespace clipwright::eval
