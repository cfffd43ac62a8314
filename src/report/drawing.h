// What charts drawn without a script have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipwright::report {

/// Of a coordinate or a value: four digits.
std::string decimal(double value);

/// 1, 2 or 5 times a power of ten: the distance of about `lines` lines over `extent` (above 0).
double grid_step(double extent, int lines);

/// The class of a series' colour (page_style.h); the ninth series has the first colour again.
std::string colour_class(size_t series);

/// A `text` element; `anchor` is start, middle or end.
std::string text_at(double x, double y, std::string_view anchor, std::string_view text);

struct LegendEntry {
  std::string name, colour;  ///< `colour`: a class
};
/// The beginning of a figure with title, legend (none of an empty list) and an open `svg` element
/// of `width` by `height`; `figure_end` closes it.
std::string figure_start(std::string_view title, const std::vector<LegendEntry>& legend,
                         double width, double height);
std::string figure_end();

}  // namespace clipwright::report
