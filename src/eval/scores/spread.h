// The mean of repeated measurements, and how far it can be trusted.
#pragma once

#include <optional>
#include <span>

namespace clipwright::eval::scores {

/// Of at least one value.
double mean(std::span<const double> values);
/// Standard deviation (over n - 1); none of fewer than two values.
std::optional<double> deviation(std::span<const double> values);
/// Half the width of the mean's 95 % interval: 1.96 deviations over the root of the number of
/// values; none of fewer than two.
std::optional<double> interval(std::span<const double> values);

}  // namespace clipwright::eval::scores
