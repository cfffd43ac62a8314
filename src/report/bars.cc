#include "report/bars.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "report/drawing.h"
#include "report/escape.h"

namespace clipwright::report {
namespace {

// In the units of the drawing, which is scaled to the page's width.
constexpr double kWidth = 960, kHeight = 270, kLeft = 52, kRight = 8, kTop = 10, kBottom = 44;

std::string bar_class(const BarChart::BarSeries& series, size_t number, size_t bar) {
  const Tone tone = bar < series.tones.size() ? series.tones[bar] : Tone::kPlain;
  return tone == Tone::kGood      ? "good"
         : tone == Tone::kBad     ? "bad"
         : tone == Tone::kWarning ? "warning"
                                  : colour_class(number);
}

}  // namespace

std::string bars_html(const BarChart& chart) {
  double highest = 0;
  for (const BarChart::BarSeries& series : chart.series) {
    CW_CHECK(series.heights.size() == chart.labels.size(), "a bar for each label");
    for (const double height : series.heights) highest = std::max(highest, height);
  }
  if (!(highest > 0) || chart.labels.empty()) return {};
  const double step = grid_step(highest, 4), top = step * std::ceil(highest / step);
  const double inner = kWidth - kLeft - kRight, depth = kHeight - kTop - kBottom;
  const auto y_of = [&](double value) { return kTop + depth * (1 - value / top); };
  std::vector<LegendEntry> legend;  // one series needs none
  for (size_t i = 0; i < chart.series.size() && chart.series.size() > 1; ++i)
    legend.push_back({chart.series[i].name, bar_class(chart.series[i], i, SIZE_MAX)});
  std::string html = figure_start(chart.title, legend, kWidth, kHeight);
  for (double value = 0; value <= top * 1.0001; value += step) {
    html += "<line class=\"grid\" x1=\"" + decimal(kLeft) + "\" x2=\"" + decimal(kWidth - kRight) +
            "\" y1=\"" + decimal(y_of(value)) + "\" y2=\"" + decimal(y_of(value)) + "\"></line>" +
            text_at(kLeft - 6, y_of(value) + 4, "end", decimal(value));
  }
  const double group = inner / static_cast<double>(chart.labels.size());
  const double bar = 0.84 * group / static_cast<double>(chart.series.size());
  for (size_t i = 0; i < chart.labels.size(); ++i) {
    const double left = kLeft + group * static_cast<double>(i);
    for (size_t s = 0; s < chart.series.size(); ++s) {
      const double height = chart.series[s].heights[i];
      if (!(height > 0)) continue;
      html += std::string("<rect class=\"") + bar_class(chart.series[s], s, i) + "\" x=\"" +
              decimal(left + 0.08 * group + bar * static_cast<double>(s)) + "\" y=\"" +
              decimal(y_of(height)) + "\" width=\"" + decimal(bar) + "\" height=\"" +
              decimal(kTop + depth - y_of(height)) + "\"><title>" +
              escape_html((chart.places.empty() ? chart.labels[i] : chart.places[i]) + ": " +
                          decimal(height) + " " + chart.y_label + ", " + chart.series[s].name) +
              "</title></rect>";
    }
    if (!chart.labels[i].empty())
      html += text_at(left + group / 2, kTop + depth + 16, "middle", chart.labels[i]);
  }
  return html + text_at(kLeft + inner / 2, kHeight - 6, "middle", chart.x_label) +
         text_at(4, kTop + depth + 16, "start", chart.y_label) + figure_end();
}

}  // namespace clipwright::report
