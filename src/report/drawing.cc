#include "report/drawing.h"

#include <cmath>
#include <cstdio>

#include "report/escape.h"

namespace clipwright::report {

std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

double grid_step(double extent, int lines) {
  const double rough = extent / lines, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

std::string colour_class(size_t series) { return "s" + std::to_string(series % 8); }

std::string text_at(double x, double y, std::string_view anchor, std::string_view text) {
  return "<text x=\"" + decimal(x) + "\" y=\"" + decimal(y) + "\" text-anchor=\"" +
         std::string(anchor) + "\">" + escape_html(text) + "</text>";
}

std::string figure_start(std::string_view title, const std::vector<LegendEntry>& legend,
                         double width, double height) {
  std::string html =
      "<figure class=\"chart bars\"><figcaption>" + escape_html(title) + "</figcaption>";
  if (!legend.empty()) {
    html += "<div class=\"legend\">";
    for (const LegendEntry& entry : legend) {
      html += "<span><svg viewBox=\"0 0 10 10\"><rect width=\"10\" height=\"10\" class=\"" +
              entry.colour + "\"></rect></svg>" + escape_html(entry.name) + "</span>";
    }
    html += "</div>";
  }
  return html + "<svg viewBox=\"0 0 " + decimal(width) + " " + decimal(height) +
         "\" role=\"img\" aria-label=\"" + escape_html(title) + "\">";
}

std::string figure_end() { return "</svg></figure>\n"; }

}  // namespace clipwright::report
