#include <algorithm>

#include "core/log.h"
#include "data/source/sources.h"

namespace clipwright::data::source {
namespace {

class Concatenated final : public Dataset {
 public:
  explicit Concatenated(std::vector<std::unique_ptr<Dataset>> parts) : parts_(std::move(parts)) {
    for (const auto& part : parts_) {
      first_.push_back(size_);
      size_ += part->size();
    }
  }

  int64_t size() const override { return size_; }
  std::string key(int64_t index) const override { return part(index).key(index - start(index)); }
  std::string caption(int64_t index) const override {
    return part(index).caption(index - start(index));
  }
  std::vector<std::string> captions(int64_t index) const override {
    return part(index).captions(index - start(index));
  }
  ImageBytes image(int64_t index) const override { return part(index).image(index - start(index)); }
  int label(int64_t index) const override { return part(index).label(index - start(index)); }
  std::string class_name(int64_t index) const override {
    return part(index).class_name(index - start(index));
  }
  std::vector<float> label_vector(int64_t index) const override {
    return part(index).label_vector(index - start(index));
  }
  std::string describe() const override {
    std::string text = with_commas(size_) + " pairs from " +
                       with_commas(static_cast<int64_t>(parts_.size())) + " sources:";
    for (const auto& part : parts_) text += (text.back() == ':' ? " " : "; ") + part->describe();
    return text;
  }

 private:
  size_t which(int64_t index) const {
    return static_cast<size_t>(std::upper_bound(first_.begin(), first_.end(), index) -
                               first_.begin()) -
           1;
  }
  const Dataset& part(int64_t index) const { return *parts_[which(index)]; }
  int64_t start(int64_t index) const { return first_[which(index)]; }

  std::vector<std::unique_ptr<Dataset>> parts_;
  std::vector<int64_t> first_;
  int64_t size_ = 0;
};

}  // namespace

std::unique_ptr<Dataset> concatenate(std::vector<std::unique_ptr<Dataset>> parts) {
  return std::make_unique<Concatenated>(std::move(parts));
}

}  // namespace clipwright::data::source
