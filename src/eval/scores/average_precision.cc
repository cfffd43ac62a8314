#include "eval/scores/average_precision.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"

namespace clipwright::eval::scores {
namespace {

double all_points(const std::vector<bool>& positive, int64_t total) {
  double sum = 0;
  int64_t hits = 0;
  for (size_t i = 0; i < positive.size(); ++i) {
    if (!positive[i]) continue;
    sum += static_cast<double>(++hits) / static_cast<double>(i + 1);
  }
  return sum / static_cast<double>(std::max<int64_t>(total, 1));
}

double eleven_points(const std::vector<bool>& positive, int64_t total) {
  if (total == 0) return 0;
  // From the worst rank to the best: the best precision so far, at each count of hits.
  std::vector<double> best(static_cast<size_t>(total) + 1, 0);
  int64_t hits = total;
  double most = 0;
  for (size_t i = positive.size(); i-- > 0;) {
    most = std::max(most, static_cast<double>(hits) / static_cast<double>(i + 1));
    if (positive[i]) {
      best[static_cast<size_t>(hits)] = most;
      --hits;
    }
  }
  double sum = 0;
  for (int point = 0; point <= 10; ++point) {
    // The least number of hits whose share reaches point / 10, in whole numbers.
    const int64_t needed = std::max<int64_t>(1, (point * total + 9) / 10);
    sum += best[static_cast<size_t>(needed)];
  }
  return sum / 11;
}

}  // namespace

AveragePrecision average_precision(const Tensor& scores, const Tensor& labels,
                                   PrecisionPoints points) {
  CW_CHECK(scores.dim() == 2 && labels.sizes() == scores.sizes(), "scores and labels (N, C)");
  const int64_t pictures = scores.size(0), classes = scores.size(1);
  // By class, so that each is a run of memory.
  const Tensor columns = scores.to(torch::kCPU, torch::kFloat32).t().contiguous(),
               truth = labels.to(torch::kCPU).ne(0).t().contiguous();
  AveragePrecision result;
  std::vector<int64_t> order(static_cast<size_t>(pictures));
  std::vector<bool> positive(static_cast<size_t>(pictures));
  for (int64_t c = 0; c < classes; ++c) {
    const float* of = columns.data_ptr<float>() + c * pictures;
    const bool* is = truth.data_ptr<bool>() + c * pictures;
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [of](int64_t a, int64_t b) { return of[a] > of[b]; });
    int64_t total = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      positive[i] = is[order[i]];
      total += positive[i];
    }
    result.of_class.push_back(points == PrecisionPoints::kAll ? all_points(positive, total)
                                                              : eleven_points(positive, total));
  }
  if (classes > 0) {
    result.mean = std::accumulate(result.of_class.begin(), result.of_class.end(), 0.0) /
                  static_cast<double>(classes);
  }
  return result;
}

}  // namespace clipwright::eval::scores
