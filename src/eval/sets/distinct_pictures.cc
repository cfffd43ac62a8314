#include "eval/sets/distinct_pictures.h"

#include <utility>

namespace clipwright::eval::sets {

int64_t DistinctPictures::add(std::string key, int64_t row) {
  const auto [place, added] = number_of_key_.try_emplace(std::move(key), size());
  if (added) first_rows_.push_back(row);
  return place->second;
}

}  // namespace clipwright::eval::sets
