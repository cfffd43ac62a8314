#include "report/intervals.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "report/escape.h"

namespace clipwright::report {
namespace {

// In the units of the drawing, which is scaled to the page's width.
constexpr double kWidth = 960, kLeft = 190, kRight = 16, kTop = 8, kBottom = 44, kLine = 15;

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

double grid_step(double extent) {
  const double rough = extent / 6, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

std::string shortened(const std::string& text) {
  // At a character, not inside one.
  size_t end = 26;
  if (text.size() <= end + 2) return text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "\xE2\x80\xA6";
}

std::string colour_class(size_t series) { return "s" + std::to_string(series % 8); }

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
  const double step = grid_step(most - least);
  least = step * std::floor(least / step);
  most = step * std::ceil(most / step);
  const double row = kLine * static_cast<double>(chart.series.size()) + 10;
  const double depth = row * static_cast<double>(chart.labels.size());
  const double height = kTop + depth + kBottom, inner = kWidth - kLeft - kRight;
  const auto x_of = [&](double value) {
    return decimal(kLeft + inner * (value - least) / (most - least));
  };
  std::string html =
      "<figure class=\"chart bars\"><figcaption>" + escape_html(chart.title) + "</figcaption>";
  html += "<div class=\"legend\">";
  for (size_t s = 0; s < chart.series.size(); ++s) {
    html += "<span><svg viewBox=\"0 0 10 10\"><rect width=\"10\" height=\"10\" class=\"" +
            colour_class(s) + "\"></rect></svg>" + escape_html(chart.series[s].name) + "</span>";
  }
  html += "</div><svg viewBox=\"0 0 " + decimal(kWidth) + " " + decimal(height) +
          "\" role=\"img\" aria-label=\"" + escape_html(chart.title) + "\">";
  const auto steps = static_cast<int>(std::lround((most - least) / step));
  for (int i = 0; i <= steps; ++i) {
    const double value = least + step * i;
    const bool zero = std::abs(value) < step / 1000;
    html += "<line class=\"" + std::string(zero ? "zero" : "grid") + "\" x1=\"" + x_of(value) +
            "\" x2=\"" + x_of(value) + "\" y1=\"" + decimal(kTop) + "\" y2=\"" +
            decimal(kTop + depth) + "\"></line><text x=\"" + x_of(value) + "\" y=\"" +
            decimal(kTop + depth + 16) + "\" text-anchor=\"middle\">" + decimal(zero ? 0 : value) +
            "</text>";
  }
  for (size_t i = 0; i < chart.labels.size(); ++i) {
    const double top = kTop + row * static_cast<double>(i);
    html += "<text x=\"" + decimal(kLeft - 10) + "\" y=\"" + decimal(top + row / 2 + 4) +
            "\" text-anchor=\"end\">" + escape_html(shortened(chart.labels[i])) + "</text>";
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
  return html + "<text x=\"" + decimal(kLeft + inner / 2) + "\" y=\"" + decimal(height - 6) +
         "\" text-anchor=\"middle\">" + escape_html(chart.x_label) + "</text></svg></figure>\n";
}

}  // namespace clipwright::report
