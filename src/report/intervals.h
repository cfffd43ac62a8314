// Differences with their intervals as a chart, drawn without a script.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace clipwright::report {

/// A row a question, a line from low to high with a dot at the difference for each series.
struct IntervalChart {
  struct Interval {
    double low = 0, middle = 0, high = 0;
  };
  struct IntervalSeries {
    std::string name;
    std::vector<std::optional<Interval>> intervals;  ///< as many as `labels`
  };
  std::string title, x_label;
  std::vector<std::string> labels;
  std::vector<IntervalSeries> series;
};

/// The chart as HTML; empty where there is no interval.
std::string intervals_html(const IntervalChart& chart);

}  // namespace clipwright::report
