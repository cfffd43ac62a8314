// Does a model know how sure it is? (Guo et al. 2017.)
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace clipwright::eval::scores {

/// Expected calibration error: confidences are put into `bins` of equal width (each holds its upper
/// end), and the distances between a bin's mean confidence and its share of right answers are
/// averaged, weighted by how many fell into it. `confidence[i]` in [0, 1] is the probability of the
/// predicted class, `right[i]` whether it was right. None without answers.
std::optional<double> expected_calibration_error(std::span<const float> confidence,
                                                 std::span<const uint8_t> right, int bins = 15);

}  // namespace clipwright::eval::scores
