#include "data/image/png_filter.h"

#include <algorithm>
#include <cstdlib>

namespace clipwright::data::image {
namespace {

/// Of left, above and upper left the one nearest to left + above - upper left.
uint8_t paeth(int left, int above, int corner) {
  const int to_left = std::abs(above - corner), to_above = std::abs(left - corner),
            to_corner = std::abs(left + above - 2 * corner);
  if (to_left <= to_above && to_left <= to_corner) return static_cast<uint8_t>(left);
  return static_cast<uint8_t>(to_above <= to_corner ? above : corner);
}

}  // namespace

bool undo_filter(int filter, std::span<uint8_t> row, std::span<const uint8_t> above,
                 size_t distance) {
  const size_t first = std::min(distance, row.size());
  switch (filter) {
    case 0:
      return true;
    case 1:
      for (size_t i = first; i < row.size(); ++i)
        row[i] = static_cast<uint8_t>(row[i] + row[i - distance]);
      return true;
    case 2:
      for (size_t i = 0; i < row.size(); ++i) row[i] = static_cast<uint8_t>(row[i] + above[i]);
      return true;
    case 3:
      for (size_t i = 0; i < first; ++i) row[i] = static_cast<uint8_t>(row[i] + above[i] / 2);
      for (size_t i = first; i < row.size(); ++i)
        row[i] = static_cast<uint8_t>(row[i] + (row[i - distance] + above[i]) / 2);
      return true;
    case 4:
      for (size_t i = 0; i < first; ++i) row[i] = static_cast<uint8_t>(row[i] + above[i]);
      for (size_t i = first; i < row.size(); ++i) {
        row[i] =
            static_cast<uint8_t>(row[i] + paeth(row[i - distance], above[i], above[i - distance]));
      }
      return true;
    default:
      return false;
  }
}

}  // namespace clipwright::data::image
