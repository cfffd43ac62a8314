#include "eval/scores/nearest_neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.h"

namespace clipwright::eval::scores {
namespace {

constexpr int64_t kRowsAtOnce = 256;
/// Of a row far behind the nearest: a normal float, so that it is told from no vote.
constexpr double kLeastVote = std::numeric_limits<float>::min();

}  // namespace

Tensor neighbour_scores(const Tensor& train, const std::vector<int64_t>& labels,
                        const Tensor& queries, int64_t classes, const NeighbourOptions& options) {
  CW_CHECK(train.dim() == 2 && queries.dim() == 2 && train.size(1) == queries.size(1) &&
               static_cast<int64_t>(labels.size()) == train.size(0),
           "rows (M, E) with a label each and queries (N, E)");
  if (options.neighbours < 1)
    fail_usage("the number of neighbours is " + std::to_string(options.neighbours), "at least 1");
  if (!(options.temperature > 0))
    fail_usage("the temperature is " + std::to_string(options.temperature), "above 0");
  const torch::NoGradGuard no_grad;
  const int64_t rows = train.size(0), k = std::min(options.neighbours, rows);
  // Summed in double and compared in float: equal rows are equally near whatever the order.
  const Tensor columns = train.to(torch::kCPU, torch::kFloat64).t();
  Tensor scores = torch::zeros({queries.size(0), classes});
  std::vector<int64_t> order(static_cast<size_t>(rows));
  std::vector<double> weight(static_cast<size_t>(classes));
  for (int64_t start = 0; start < queries.size(0); start += kRowsAtOnce) {
    const int64_t count = std::min(kRowsAtOnce, queries.size(0) - start);
    const Tensor near = queries.narrow(0, start, count)
                            .to(torch::kCPU, torch::kFloat64)
                            .mm(columns)
                            .to(torch::kFloat32)
                            .contiguous();
    for (int64_t i = 0; i < count; ++i) {
      const float* cosine = near.data_ptr<float>() + i * rows;
      std::iota(order.begin(), order.end(), 0);
      std::partial_sort(order.begin(), order.begin() + k, order.end(), [cosine](auto a, auto b) {
        return cosine[a] != cosine[b] ? cosine[a] > cosine[b] : a < b;
      });
      std::fill(weight.begin(), weight.end(), 0.0);
      for (int64_t n = 0; n < k; ++n) {
        const int64_t row = order[static_cast<size_t>(n)];
        const double behind = static_cast<double>(cosine[row]) - cosine[order[0]];
        weight[static_cast<size_t>(labels[static_cast<size_t>(row)])] +=
            std::max(std::exp(behind / options.temperature), kLeastVote);
      }
      float* out = scores.data_ptr<float>() + (start + i) * classes;
      for (int64_t c = 0; c < classes; ++c)
        out[c] = static_cast<float>(weight[static_cast<size_t>(c)]);
    }
  }
  return scores;
}

}  // namespace clipwright::eval::scores
