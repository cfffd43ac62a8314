// Bar charts of a page, drawn without a script.
#pragma once

#include <string>
#include <vector>

#include "report/table.h"

namespace clipwright::report {

/// A histogram: groups of bars side by side, one bar a series. Drawn without a script.
struct BarChart {
  struct BarSeries {
    std::string name;
    std::vector<double> heights;  ///< as many as `labels`
    std::vector<Tone> tones;      ///< of each bar; empty: the series' own colour
  };
  std::string title, x_label, y_label;
  std::vector<std::string> labels;  ///< below each group; empty ones leave a gap
  std::vector<std::string> places;  ///< what a bar's tip calls its group; empty: the labels
  std::vector<BarSeries> series;
};

/// The chart as HTML; empty where no bar is higher than 0.
std::string bars_html(const BarChart& chart);

}  // namespace clipwright::report
