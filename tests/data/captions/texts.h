// Pairs without pictures, for tests to which captions are all that matters.
#pragma once

#include <string>
#include <vector>

#include "data/source/dataset.h"

namespace clipwright::data::captions {

class Texts final : public source::Dataset {
 public:
  explicit Texts(std::vector<std::string> captions) : captions_(std::move(captions)) {}
  int64_t size() const override { return static_cast<int64_t>(captions_.size()); }
  std::string key(int64_t index) const override {
    return "image/" + std::to_string(index) + ".jpg";
  }
  std::string caption(int64_t index) const override {
    return captions_[static_cast<size_t>(index)];
  }
  source::ImageBytes image(int64_t) const override { return {}; }
  std::string describe() const override { return "texts"; }

 private:
  std::vector<std::string> captions_;
};

}  // namespace clipwright::data::captions
