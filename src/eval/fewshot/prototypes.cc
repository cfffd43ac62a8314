#include "eval/fewshot/prototypes.h"

#include <cmath>
#include <vector>

#include "core/error.h"

namespace clipwright::eval::fewshot {
namespace {

/// Rows (n, D) in double.
struct Rows {
  size_t width = 0;
  std::vector<double> values;

  size_t count() const { return values.size() / width; }
  double* row(size_t i) { return values.data() + i * width; }
  const double* row(size_t i) const { return values.data() + i * width; }
};

Rows rows_at(const FeatureSet& set, const std::vector<int64_t>& indices) {
  CW_CHECK(set.rows.is_contiguous() && set.rows.scalar_type() == torch::kFloat32,
           "features (N, D) in float32");
  const float* data = set.rows.data_ptr<float>();
  Rows rows;
  rows.width = static_cast<size_t>(set.width());
  rows.values.reserve(indices.size() * rows.width);
  for (const int64_t index : indices) {
    const float* row = data + index * set.width();
    rows.values.insert(rows.values.end(), row, row + rows.width);
  }
  return rows;
}

/// Mean over `count` rows from `first`.
std::vector<double> mean_of(const Rows& rows, size_t first, size_t count) {
  std::vector<double> mean(rows.width);
  for (size_t i = first; i < first + count; ++i) {
    const double* row = rows.row(i);
    for (size_t d = 0; d < rows.width; ++d) mean[d] += row[d];
  }
  for (double& value : mean) value /= static_cast<double>(count);
  return mean;
}

/// A row that is the mean itself stays zero.
void centre_and_bring_to_length_one(Rows& rows, const std::vector<double>& mean) {
  for (size_t i = 0; i < rows.count(); ++i) {
    double* row = rows.row(i);
    double square = 0;
    for (size_t d = 0; d < rows.width; ++d) {
      row[d] -= mean[d];
      square += row[d] * row[d];
    }
    const double length = std::max(std::sqrt(square), 1e-12);
    for (size_t d = 0; d < rows.width; ++d) row[d] /= length;
  }
}

/// In four sums, so that they do not wait for one another.
double squared_distance(const double* a, const double* b, size_t width) {
  double sums[4] = {};
  size_t d = 0;
  for (; d + 4 <= width; d += 4) {
    for (size_t lane = 0; lane < 4; ++lane) {
      const double difference = a[d + lane] - b[d + lane];
      sums[lane] += difference * difference;
    }
  }
  for (; d < width; ++d) sums[0] += (a[d] - b[d]) * (a[d] - b[d]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

}  // namespace

double prototype_accuracy(const FeatureSet& support_set, const FeatureSet& query_set,
                          const Episode& episode, PrototypeRule rule) {
  CW_CHECK(support_set.width() == query_set.width(), "support and queries of one width");
  CW_CHECK(!episode.queries.empty() && episode.queries.size() == episode.answers.size(),
           "an answer a query");
  Rows support = rows_at(support_set, episode.support),
       queries = rows_at(query_set, episode.queries);
  const size_t ways = episode.classes.size(), shots = episode.support.size() / ways;
  if (rule == PrototypeRule::kCentredUnit) {
    const std::vector<double> mean = mean_of(support, 0, support.count());
    centre_and_bring_to_length_one(support, mean);
    centre_and_bring_to_length_one(queries, mean);
  }
  std::vector<std::vector<double>> prototypes;
  for (size_t c = 0; c < ways; ++c) prototypes.push_back(mean_of(support, c * shots, shots));
  int64_t right = 0;
  for (size_t q = 0; q < queries.count(); ++q) {
    size_t nearest = 0;
    double least = 0;
    for (size_t c = 0; c < ways; ++c) {
      // The root would not change the order.
      const double distance = squared_distance(queries.row(q), prototypes[c].data(), support.width);
      if (c == 0 || distance < least) {
        nearest = c;
        least = distance;
      }
    }
    right += static_cast<int>(nearest) == episode.answers[q];
  }
  return static_cast<double>(right) / static_cast<double>(queries.count());
}

}  // namespace clipwright::eval::fewshot
