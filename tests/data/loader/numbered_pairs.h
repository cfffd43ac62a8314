// Pairs made in memory, with the number of times that each was asked for.
#pragma once

#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "tests/data/test_pictures.h"

namespace clipwright::data::loader {

class NumberedPairs final : public source::Dataset {
 public:
  /// Pictures of the `broken` ones are junk, those of the `silent` ones have no caption.
  explicit NumberedPairs(int64_t size, std::set<int64_t> broken = {}, std::set<int64_t> silent = {})
      : broken_(std::move(broken)), silent_(std::move(silent)) {
    for (int64_t i = 0; i < size; ++i) pictures_.push_back(test_png(static_cast<int>(i)));
  }
  int64_t size() const override { return static_cast<int64_t>(pictures_.size()); }
  std::string key(int64_t index) const override {
    ++keys;
    return "pair " + std::to_string(index);
  }
  std::string caption(int64_t index) const override {
    if (silent_.contains(index)) return {};
    const std::string number = std::to_string(index);
    return "This is picture " + number + ". A small dog runs over green grass. Who took number " +
           number + "? Nobody knows its name.";
  }
  source::ImageBytes image(int64_t index) const override {
    ++images;
    static const std::string junk = "this is no picture";
    source::ImageBytes bytes;
    bytes.view = std::as_bytes(
        std::span(broken_.contains(index) ? junk : pictures_[static_cast<size_t>(index)]));
    return bytes;
  }
  std::string describe() const override { return "numbered pairs"; }

  mutable std::atomic<int64_t> keys = 0, images = 0;

 private:
  std::vector<std::string> pictures_;
  std::set<int64_t> broken_, silent_;
};

/// Two kinds of rewrites, each a line a pair; every fourth pair has none of either.
inline std::string rewritten(int64_t index, const std::string& kind) {
  return index % 4 == 3 ? "" : kind + " rewrite of picture " + std::to_string(index);
}
inline std::string rewrite_lines(int64_t pairs, const std::string& kind) {
  std::string lines;
  for (int64_t i = 0; i < pairs; ++i) lines += rewritten(i, kind) + "\n";
  return lines;
}

}  // namespace clipwright::data::loader
