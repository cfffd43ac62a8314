#include "eval/sets/class_rows.h"

namespace clipwright::eval::sets {

ClassRows rows_by_class(std::span<const int64_t> labels) {
  ClassRows rows;
  for (size_t i = 0; i < labels.size(); ++i) rows[labels[i]].push_back(static_cast<int64_t>(i));
  return rows;
}

ClassRows rows_by_class(std::span<const int64_t> labels, std::span<const int64_t> order) {
  ClassRows rows;
  for (const int64_t row : order) rows[labels[static_cast<size_t>(row)]].push_back(row);
  return rows;
}

}  // namespace clipwright::eval::sets
