// The rows of each class.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace clipwright::eval::sets {

/// By label. Labels without rows are not there.
using ClassRows = std::map<int64_t, std::vector<int64_t>>;

/// All rows, rising within each class.
ClassRows rows_by_class(std::span<const int64_t> labels);
/// The rows of `order` alone, in its order within each class.
ClassRows rows_by_class(std::span<const int64_t> labels, std::span<const int64_t> order);

}  // namespace clipwright::eval::sets
