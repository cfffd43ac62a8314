#include "eval/scores/average_precision.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"

namespace clipwright::eval::scores {
namespace {

/// The pictures of one class, the best score first.
struct Ranking {
  std::vector<int64_t> order;
  std::vector<bool> positive;  ///< of each place
  int64_t total = 0;           ///< positives
};

/// Calls `visit(class, ranking)` for each class.
template <typename Visit>
void rank_classes(const Tensor& scores, const Tensor& labels, const Visit& visit) {
  CW_CHECK(scores.dim() == 2 && labels.sizes() == scores.sizes(), "scores and labels (N, C)");
  const int64_t pictures = scores.size(0), classes = scores.size(1);
  // By class, so that each is a run of memory.
  const Tensor columns = scores.to(torch::kCPU, torch::kFloat32).t().contiguous(),
               truth = labels.to(torch::kCPU).ne(0).t().contiguous();
  Ranking ranking;
  ranking.order.resize(static_cast<size_t>(pictures));
  ranking.positive.resize(static_cast<size_t>(pictures));
  for (int64_t c = 0; c < classes; ++c) {
    const float* of = columns.data_ptr<float>() + c * pictures;
    const bool* is = truth.data_ptr<bool>() + c * pictures;
    std::iota(ranking.order.begin(), ranking.order.end(), 0);
    std::stable_sort(ranking.order.begin(), ranking.order.end(),
                     [of](int64_t a, int64_t b) { return of[a] > of[b]; });
    ranking.total = 0;
    for (size_t i = 0; i < ranking.order.size(); ++i) {
      ranking.positive[i] = is[ranking.order[i]];
      ranking.total += ranking.positive[i];
    }
    visit(c, ranking);
  }
}

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
  AveragePrecision result;
  rank_classes(scores, labels, [&](int64_t, const Ranking& ranking) {
    result.of_class.push_back(points == PrecisionPoints::kAll
                                  ? all_points(ranking.positive, ranking.total)
                                  : eleven_points(ranking.positive, ranking.total));
  });
  if (!result.of_class.empty()) {
    result.mean = std::accumulate(result.of_class.begin(), result.of_class.end(), 0.0) /
                  static_cast<double>(result.of_class.size());
  }
  return result;
}

Tensor precision_by_picture(const Tensor& scores, const Tensor& labels) {
  Tensor values = torch::zeros(scores.sizes(), torch::kFloat64);
  auto value = values.accessor<double, 2>();
  // With a weight w a picture, all of them 1, the average precision is the mean over positives i,
  // by weight, of P_i = (weight of positives down to i) / (weight of pictures down to i = n_i). By
  // the weight of picture k, of T positives:
  //   T dAP/dw_k = positive_k (P_k - AP) + sum over positives i from k down (positive_k - P_i) /
  //   n_i
  // A value is AP + N dAP/dw_k. The derivatives of a class sum to zero.
  rank_classes(scores, labels, [&](int64_t c, const Ranking& ranking) {
    if (ranking.total == 0) return;  // zero, as the class's average precision
    const double average = all_points(ranking.positive, ranking.total);
    const double scale =
        static_cast<double>(ranking.order.size()) / static_cast<double>(ranking.total);
    double share = 0, weighted = 0;  // sums of 1 / n_i and of P_i / n_i from the last place up
    int64_t hits = ranking.total;
    for (size_t i = ranking.order.size(); i-- > 0;) {
      const auto place = static_cast<double>(i + 1);
      const bool positive = ranking.positive[i];
      const double precision = static_cast<double>(hits) / place;
      if (positive) {
        share += 1 / place;
        weighted += precision / place;
        --hits;
      }
      const double derivative = positive ? precision - average + share - weighted : -weighted;
      value[ranking.order[i]][c] = average + scale * derivative;
    }
  });
  return values;
}

}  // namespace clipwright::eval::scores
