#include "eval/knn.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "eval/zeroshot.h"

namespace clipwright::eval {
namespace {

EvaluationRecord knn_with(const OpenedModel* opened, KnnRequest request) {
  if (request.options.neighbours < 1)
    fail_usage("--neighbours is " + std::to_string(request.options.neighbours), "at least 1");
  if (!(request.options.temperature > 0) || !std::isfinite(request.options.temperature))
    fail_usage("--temperature is not above 0", "a number such as 0.07");
  if (request.splits.validation.given())
    fail_usage("a validation split was given",
               "--train and --test splits alone: nothing is chosen");
  request.splits.usual = FeatureKind::kPooled;
  const sets::SplitFeatures splits = opened == nullptr ? sets::open_splits(request.splits)
                                                       : sets::open_splits(*opened, request.splits);
  const int64_t classes = std::max(splits.train->classes(), splits.test.classes());
  const Tensor scores =
      scores::neighbour_scores(unit_rows(splits.train->rows), splits.train->labels,
                               unit_rows(splits.test.rows), classes, request.options);
  const ZeroshotResult result = count_zeroshot(
      scores, std::vector<int>(splits.test.labels.begin(), splits.test.labels.end()));
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
    record.samples.add(key, static_cast<int>(splits.test.labels[i]),
                       {result.rank[i] == 0 ? 1.0F : 0.0F});
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
