// The pictures of a set whose rows may show one picture several times, with a caption each.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace clipwright::eval::sets {

/// Rows with the same key are one picture.
class DistinctPictures {
 public:
  /// The number of the picture that `row` shows: from 0, in the order of their first rows.
  int64_t add(std::string key, int64_t row);

  /// Of each picture, by its number.
  const std::vector<int64_t>& first_rows() const { return first_rows_; }
  int64_t size() const { return static_cast<int64_t>(first_rows_.size()); }

 private:
  std::unordered_map<std::string, int64_t> number_of_key_;
  std::vector<int64_t> first_rows_;
};

}  // namespace clipwright::eval::sets
