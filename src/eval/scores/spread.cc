#include "eval/scores/spread.h"

#include <cmath>

#include "core/error.h"

namespace clipwright::eval::scores {

double mean(std::span<const double> values) {
  CW_CHECK(!values.empty(), "a value at least");
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::optional<double> deviation(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double centre = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - centre) * (value - centre);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::optional<double> interval(std::span<const double> values) {
  const std::optional<double> spread = deviation(values);
  if (!spread) return std::nullopt;
  return 1.96 * *spread / std::sqrt(static_cast<double>(values.size()));
}

}  // namespace clipwright::eval::scores
