#include "report/intervals.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "report/drawing.h"
#include "report/escape.h"

namespace clipwright::report {
namespace {

// In the units of the drawing, which is scaled to the page's width.
constexpr double kWidth = 960, kLeft = 190, kRight = 16, kTop = 8, kBottom = 44, kLine = 15;

std::string shortened(const std::string& text) {
  // At a character, not inside one.
  size_t end = 26;
  if (text.size() <= end + 2) return text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "\xE2\x80\xA6";
}

}  // namespace

std::string intervals_html(const IntervalChart& chart) {
  double least = 0, most = 0;
  for (const auto& series : chart.series) {
    CW_CHECK(series.intervals.size() == chart.labels.size(), "an interval for each label");
    for (const auto& interval : series.intervals) {
      if (!interval) continue;
      least = std::min(least, interval->low);
      most = std::max(most, interval->high);
    }
  }
  if (!(most > least)) return {};
  const double step = grid_step(most - least, 6);
  least = step * std::floor(least / step);
  most = step * std::ceil(most / step);
  const double row = kLine * static_cast<double>(chart.series.size()) + 10;
  const double depth = row * static_cast<double>(chart.labels.size());
  const double height = kTop + depth + kBottom, inner = kWidth - kLeft - kRight;
  const auto x_at = [&](double value) { return kLeft + inner * (value - least) / (most - least); };
  const auto x_of = [&](double value) { return decimal(x_at(value)); };
  std::vector<LegendEntry> legend;
  for (size_t i = 0; i < chart.series.size(); ++i)
    legend.push_back({chart.series[i].name, colour_class(i)});
  std::string html = figure_start(chart.title, legend, kWidth, height);
  const auto steps = static_cast<int>(std::lround((most - least) / step));
  for (int i = 0; i <= steps; ++i) {
    const double value = least + step * i;
    const bool zero = std::abs(value) < step / 1000;
    html += "<line class=\"" + std::string(zero ? "zero" : "grid") + "\" x1=\"" + x_of(value) +
            "\" x2=\"" + x_of(value) + "\" y1=\"" + decimal(kTop) + "\" y2=\"" +
            decimal(kTop + depth) + "\"></line>" +
            text_at(x_at(value), kTop + depth + 16, "middle", decimal(zero ? 0 : value));
  }
  for (size_t i = 0; i < chart.labels.size(); ++i) {
    const double top = kTop + row * static_cast<double>(i);
    html += text_at(kLeft - 10, top + row / 2 + 4, "end", shortened(chart.labels[i]));
    for (size_t s = 0; s < chart.series.size(); ++s) {
      const auto& interval = chart.series[s].intervals[i];
      if (!interval) continue;
      const std::string y = decimal(top + 5 + kLine * (static_cast<double>(s) + 0.5));
      html += "<g><title>" +
              escape_html(chart.labels[i] + ", " + chart.series[s].name + ": " +
                          decimal(interval->middle) + " [" + decimal(interval->low) + ", " +
                          decimal(interval->high) + "]") +
              "</title><line class=\"" + colour_class(s) + "\" x1=\"" + x_of(interval->low) +
              "\" x2=\"" + x_of(interval->high) + "\" y1=\"" + y + "\" y2=\"" + y +
              "\"></line><circle class=\"" + colour_class(s) + "\" cx=\"" + x_of(interval->middle) +
              "\" cy=\"" + y + "\" r=\"4.5\"></circle></g>";
    }
  }
  return html + text_at(kLeft + inner / 2, height - 6, "middle", chart.x_label) + figure_end();
}

}  // namespace clipwright::report
