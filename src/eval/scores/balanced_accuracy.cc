#include "eval/scores/balanced_accuracy.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/error.h"

namespace clipwright::eval::scores {

std::optional<double> balanced_accuracy(std::span<const int> labels,
                                        std::span<const int> predicted) {
  CW_CHECK(labels.size() == predicted.size(), "a prediction a label");
  if (labels.empty()) return std::nullopt;
  CW_CHECK(*std::min_element(labels.begin(), labels.end()) >= 0, "labels from 0");
  const auto classes = static_cast<size_t>(*std::max_element(labels.begin(), labels.end())) + 1;
  std::vector<int64_t> of_class(classes), hits(classes);
  for (size_t i = 0; i < labels.size(); ++i) {
    ++of_class[static_cast<size_t>(labels[i])];
    hits[static_cast<size_t>(labels[i])] += predicted[i] == labels[i];
  }
  double sum = 0;
  int present = 0;
  for (size_t c = 0; c < classes; ++c) {
    if (of_class[c] == 0) continue;
    sum += static_cast<double>(hits[c]) / static_cast<double>(of_class[c]);
    ++present;
  }
  return sum / present;
}

}  // namespace clipwright::eval::scores
