#include "eval/scores/calibration.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"

namespace clipwright::eval::scores {

std::optional<double> expected_calibration_error(std::span<const float> confidence,
                                                 std::span<const uint8_t> right, int bins) {
  CW_CHECK(confidence.size() == right.size() && bins > 0, "a confidence an answer");
  if (confidence.empty()) return std::nullopt;
  // A bin's share times the distance of its means is the distance of its sums, over all answers.
  std::vector<double> sure(static_cast<size_t>(bins)), correct(static_cast<size_t>(bins));
  for (size_t i = 0; i < confidence.size(); ++i) {
    // In single precision, so that 0.2F ends the first of five bins.
    const float above = std::ceil(confidence[i] * static_cast<float>(bins)) - 1;
    const auto bin = static_cast<size_t>(std::clamp(above, 0.0F, static_cast<float>(bins - 1)));
    sure[bin] += confidence[i];
    correct[bin] += right[i] != 0;
  }
  double sum = 0;
  for (size_t b = 0; b < sure.size(); ++b) sum += std::abs(sure[b] - correct[b]);
  return sum / static_cast<double>(confidence.size());
}

}  // namespace clipwright::eval::scores
