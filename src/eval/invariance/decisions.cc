#include "eval/invariance/decisions.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "core/error.h"

namespace clipwright::eval::invariance {
namespace {

constexpr int64_t kChunk = 1024;
// A cosine differs by 0.01 and more between captions that a trained model tells apart, by 1e-7 from
// rounding.
constexpr double kCollapsed = 1e-4;

std::optional<double> share(double part, int64_t of) {
  if (of == 0) return std::nullopt;
  return part / static_cast<double>(of);
}

Tensor evenly(const Tensor& rows, int64_t most) {
  if (rows.size(0) <= most) return rows;
  return rows.index_select(
      0, torch::linspace(0, static_cast<double>(rows.size(0) - 1), most, torch::kFloat64)
             .floor()
             .to(torch::kInt64));
}

}  // namespace

std::vector<int64_t> decide(const Tensor& queries, const Tensor& items,
                            const std::vector<int64_t>& group) {
  CW_CHECK(queries.dim() == 2 && items.dim() == 2 && queries.size(1) == items.size(1),
           "queries (Q, E) and items (I, E)");
  CW_CHECK(static_cast<int64_t>(group.size()) == items.size(0) && !group.empty(),
           "a group an item");
  const torch::NoGradGuard no_grad;
  const Tensor columns = items.to(torch::kCPU, torch::kFloat64).t();
  std::vector<int64_t> decisions;
  for (int64_t start = 0; start < queries.size(0); start += kChunk) {
    const int64_t rows = std::min(kChunk, queries.size(0) - start);
    const Tensor scores = queries.narrow(0, start, rows)
                              .to(torch::kCPU, torch::kFloat64)
                              .mm(columns)
                              .to(torch::kFloat32)
                              .contiguous();
    for (int64_t q = 0; q < rows; ++q) {
      const float* own = scores.data_ptr<float>() + q * items.size(0);
      size_t best = 0;
      bool alone = true;
      for (size_t i = 1; i < group.size(); ++i) {
        if (own[i] > own[best]) {
          best = i;
          alone = true;
        } else if (own[i] == own[best] && group[i] != group[best]) {
          alone = false;
        }
      }
      decisions.push_back(alone ? group[best] : kUndecided);
    }
  }
  return decisions;
}

Agreement& Agreement::operator+=(const Agreement& other) {
  queries += other.queries;
  undecided += other.undecided;
  same += other.same;
  right += other.right;
  right_reworded += other.right_reworded;
  right_both += other.right_both;
  expected += other.expected;
  return *this;
}

std::optional<double> Agreement::invariance() const {
  return share(static_cast<double>(same), queries);
}

std::optional<double> Agreement::kappa() const {
  const double rest = static_cast<double>(queries) - expected;
  if (queries == 0 || rest <= 0) return std::nullopt;
  return (static_cast<double>(same) - expected) / rest;
}

std::optional<double> Agreement::accuracy() const {
  return share(static_cast<double>(right), queries);
}
std::optional<double> Agreement::accuracy_reworded() const {
  return share(static_cast<double>(right_reworded), queries);
}
std::optional<double> Agreement::accuracy_both() const {
  return share(static_cast<double>(right_both), queries);
}

Agreement compare(const std::vector<int64_t>& first, const std::vector<int64_t>& second,
                  const std::vector<int64_t>& answer) {
  CW_CHECK(first.size() == second.size() && first.size() == answer.size(),
           "two decisions and an answer a query");
  Agreement agreement;
  agreement.queries = static_cast<int64_t>(first.size());
  std::unordered_map<int64_t, std::pair<int64_t, int64_t>> chosen;  // how often, by group
  for (size_t q = 0; q < first.size(); ++q) {
    const bool right = first[q] == answer[q], right_reworded = second[q] == answer[q];
    agreement.right += right;
    agreement.right_reworded += right_reworded;
    agreement.right_both += right && right_reworded;
    agreement.same += first[q] == second[q] && first[q] != kUndecided;
    agreement.undecided += first[q] == kUndecided || second[q] == kUndecided;
    if (first[q] != kUndecided) ++chosen[first[q]].first;
    if (second[q] != kUndecided) ++chosen[second[q]].second;
  }
  // Whole numbers, so that the sum does not depend on the order of the groups.
  int64_t products = 0;
  for (const auto& [group, counts] : chosen) products += counts.first * counts.second;
  if (agreement.queries > 0)
    agreement.expected = static_cast<double>(products) / static_cast<double>(agreement.queries);
  return agreement;
}

bool Spread::collapsed() const {
  return over_texts.value_or(1) < kCollapsed || over_pictures.value_or(1) < kCollapsed;
}

Spread spread_of(const Tensor& pictures, const Tensor& texts) {
  const torch::NoGradGuard no_grad;
  const Tensor rows = evenly(pictures, 1024).to(torch::kCPU, torch::kFloat64),
               columns = evenly(texts, 1024).to(torch::kCPU, torch::kFloat64);
  if (rows.size(0) == 0 || columns.size(0) == 0) return {};
  const Tensor scores = rows.mm(columns.t());  // (N, M)
  const auto mean_deviation = [&](int64_t over) -> std::optional<double> {
    if (scores.size(over) < 2) return std::nullopt;
    return scores.std(over, /*unbiased=*/false).mean().item<double>();
  };
  return {.over_texts = mean_deviation(1), .over_pictures = mean_deviation(0)};
}

}  // namespace clipwright::eval::invariance
