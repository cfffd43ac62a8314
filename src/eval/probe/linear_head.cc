#include "eval/probe/linear_head.h"

#include <algorithm>
#include <map>

#include "core/error.h"

namespace clipwright::eval::probe {
namespace {

constexpr int64_t kRowsAtOnce = 4096;

/// Classes that come before `right` when scores are sorted, equal ones by index.
int rank_of(const double* scores, int64_t classes, int64_t right) {
  int above = 0;
  for (int64_t c = 0; c < classes; ++c)
    above += scores[c] > scores[right] || (scores[c] == scores[right] && c < right);
  return above;
}

}  // namespace

KnownClasses::KnownClasses(const FeatureSet& train) : labels_(train.labels) {
  std::sort(labels_.begin(), labels_.end());
  labels_.erase(std::unique(labels_.begin(), labels_.end()), labels_.end());
  if (labels_.size() >= 2) return;
  fail_input(train.source + ": " +
                 (labels_.empty() ? "has no rows"
                                  : "all rows have label " + std::to_string(labels_.front())),
             "rows of at least two classes to train on");
}

std::vector<int64_t> KnownClasses::indices(const std::vector<int64_t>& labels) const {
  std::vector<int64_t> found;
  found.reserve(labels.size());
  for (const int64_t label : labels) {
    const auto place = std::lower_bound(labels_.begin(), labels_.end(), label);
    found.push_back(place != labels_.end() && *place == label ? place - labels_.begin() : -1);
  }
  return found;
}

Tensor LinearHead::scores(const Tensor& rows) const {
  return at::addmm(bias, rows.to(torch::kCPU, torch::kFloat64), weight.t());
}

ProbeScore score_head(const LinearHead& head, const Tensor& rows,
                      const std::vector<int64_t>& classes, const std::vector<int64_t>& labels) {
  CW_CHECK(static_cast<int64_t>(classes.size()) == rows.size(0) && labels.size() == classes.size(),
           "a class and a label a row");
  ProbeScore result;
  const int64_t known = head.weight.size(0);
  struct Count {
    int64_t rows = 0, right = 0;
  };
  std::map<int64_t, Count> of_class;
  int64_t first = 0, among_five = 0;
  for (int64_t start = 0; start < rows.size(0); start += kRowsAtOnce) {
    const int64_t size = std::min(kRowsAtOnce, rows.size(0) - start);
    // Summed in double and compared in float: equal classes get equal scores whatever the order of
    // the sum.
    const Tensor exact = head.scores(rows.narrow(0, start, size));
    const Tensor finite = exact.isfinite().all(1).contiguous();
    const Tensor scores = exact.to(torch::kFloat32).to(torch::kFloat64).contiguous();
    for (int64_t i = 0; i < size; ++i) {
      const auto row = static_cast<size_t>(start + i);
      // No comparison with NaN is true: every answer would count as right.
      const bool comparable = finite.data_ptr<bool>()[i];
      result.not_finite += comparable ? 0 : 1;
      const int rank = classes[row] < 0 || !comparable
                           ? -1
                           : rank_of(scores.data_ptr<double>() + i * known, known, classes[row]);
      result.rank.push_back(rank);
      Count& count = of_class[labels[row]];
      ++count.rows;
      count.right += rank == 0;
      first += rank == 0;
      among_five += rank >= 0 && rank < 5;
    }
  }
  if (result.rank.empty()) return result;
  const auto total = static_cast<double>(result.rank.size());
  result.acc1 = static_cast<double>(first) / total;
  result.acc5 = static_cast<double>(among_five) / total;
  for (const auto& [label, count] : of_class)
    result.mean_per_class_recall +=
        static_cast<double>(count.right) / static_cast<double>(count.rows);
  result.mean_per_class_recall /= static_cast<double>(of_class.size());
  return result;
}

}  // namespace clipwright::eval::probe
