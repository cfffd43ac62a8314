// Line charts of a page. Chart.js draws them when the page is opened.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/table.h"

namespace clipwright::report {

struct Series {
  std::string name;
  std::vector<double> x, y;          ///< equally long; NaN leaves a gap
  std::vector<double> lower, upper;  ///< optional band around y, as long as x
};

struct LineChart {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool logarithmic_y = false;
};

/// The Chart.js that pages get: $CLIPWRIGHT_CHART_JS where it is set, else Debian's libjs-chart.js;
/// empty where there is none.
std::filesystem::path find_chart_script();
/// What is drawn, as a JSON object that may stand inside a script element.
std::string chart_json(const LineChart& chart);
/// What is shown where there is no Chart.js: the last value of each series.
Table last_values(const LineChart& chart);
/// The script elements that draw `charts`, the JSON objects of a page in the order of its canvases
/// "chart-1", "chart-2", ... Throws Error(kFailed) when `library` cannot be read.
std::string chart_scripts(const std::vector<std::string>& charts,
                          const std::filesystem::path& library);

}  // namespace clipwright::report
