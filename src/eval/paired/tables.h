// The tables of a comparison.
#pragma once

#include <optional>
#include <string>

#include "eval/paired/comparison.h"
#include "eval/paired/text_table.h"

namespace clipwright::eval::paired {

/// "+1.2 [−0.3, +2.7]" in per cent; a dash for none.
std::string interval_text(const std::optional<scores::PairedDifference>& difference);

/// Models (rows) on the main metric of each set (columns) and the average, in per cent with one
/// decimal; the best of each column bold.
TextTable scores_table(const Comparison& comparison);
/// Differences to the first arm in the same columns; no rows with one arm.
TextTable differences_table(const Comparison& comparison);
/// A row a set and metric: each arm's number and its difference to the first.
TextTable metrics_table(const Comparison& comparison);
/// The classes of a set by their largest difference to the first arm, gains first, at most `most`
/// from each end (0: all of them, in class order).
TextTable classes_table(const Comparison& comparison, const ComparedMetric& metric, size_t most);

/// Shares in [0, 1] with all digits: a row a model, "set" columns and their average.
std::string scores_csv(const Comparison& comparison);
/// The same numbers for programs, a row a set, metric, arm (and class with `per_class`).
std::string comparison_csv(const Comparison& comparison);

/// All tables one below the other.
std::string to_markdown(const Comparison& comparison);

}  // namespace clipwright::eval::paired
