#include "report/bars.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "report/escape.h"

namespace clipwright::report {
namespace {

// In the units of the drawing, which is scaled to the page's width.
constexpr double kWidth = 960, kHeight = 270, kLeft = 52, kRight = 8, kTop = 10, kBottom = 44;

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

/// 1, 2 or 5 times a power of ten: the distance of the lines for a highest bar.
double grid_step(double highest) {
  const double rough = highest / 4, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

std::string bar_class(const BarChart::BarSeries& series, size_t number, size_t bar) {
  const Tone tone = bar < series.tones.size() ? series.tones[bar] : Tone::kPlain;
  return tone == Tone::kGood      ? "good"
         : tone == Tone::kBad     ? "bad"
         : tone == Tone::kWarning ? "warning"
                                  : "s" + std::to_string(number % 8);
}

std::string text_at(double x, double y, const char* anchor, std::string_view text) {
  return "<text x=\"" + decimal(x) + "\" y=\"" + decimal(y) + "\" text-anchor=\"" + anchor + "\">" +
         escape_html(text) + "</text>";
}

}  // namespace

std::string bars_html(const BarChart& chart) {
  double highest = 0;
  for (const BarChart::BarSeries& series : chart.series) {
    CW_CHECK(series.heights.size() == chart.labels.size(), "a bar for each label");
    for (const double height : series.heights) highest = std::max(highest, height);
  }
  if (!(highest > 0) || chart.labels.empty()) return {};
  const double step = grid_step(highest), top = step * std::ceil(highest / step);
  const double inner = kWidth - kLeft - kRight, depth = kHeight - kTop - kBottom;
  const auto y_of = [&](double value) { return kTop + depth * (1 - value / top); };
  std::string html =
      "<figure class=\"chart bars\"><figcaption>" + escape_html(chart.title) + "</figcaption>";
  if (chart.series.size() > 1) {
    html += "<div class=\"legend\">";
    for (size_t i = 0; i < chart.series.size(); ++i) {
      html += std::string(
                  "<span><svg viewBox=\"0 0 10 10\"><rect width=\"10\" height=\"10\" class=\"") +
              bar_class(chart.series[i], i, SIZE_MAX) + "\"></rect></svg>" +
              escape_html(chart.series[i].name) + "</span>";
    }
    html += "</div>";
  }
  html += "<svg viewBox=\"0 0 " + decimal(kWidth) + " " + decimal(kHeight) +
          "\" role=\"img\" aria-label=\"" + escape_html(chart.title) + "\">";
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
         text_at(4, kTop + depth + 16, "start", chart.y_label) + "</svg></figure>\n";
}

}  // namespace clipwright::report
