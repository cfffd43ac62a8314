#include "core/error.h"
#include "core/log.h"
#include "data/source/dataset.h"

namespace clipwright::data::source {
namespace {

class Subset final : public Dataset {
 public:
  Subset(std::shared_ptr<const Dataset> base, std::vector<int64_t> indices)
      : base_(std::move(base)), indices_(std::move(indices)) {
    for (const int64_t index : indices_)
      CW_CHECK(index >= 0 && index < base_->size(), "a subset's index lies in its base");
  }

  int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  std::string key(int64_t index) const override { return base_->key(at(index)); }
  std::string caption(int64_t index) const override { return base_->caption(at(index)); }
  std::vector<std::string> captions(int64_t index) const override {
    return base_->captions(at(index));
  }
  ImageBytes image(int64_t index) const override { return base_->image(at(index)); }
  int label(int64_t index) const override { return base_->label(at(index)); }
  std::string class_name(int64_t index) const override { return base_->class_name(at(index)); }
  std::vector<float> label_vector(int64_t index) const override {
    return base_->label_vector(at(index));
  }
  const Dataset* base() const override { return base_.get(); }
  int64_t base_index(int64_t index) const override { return at(index); }
  std::string describe() const override { return with_commas(size()) + " of " + base_->describe(); }

 private:
  int64_t at(int64_t index) const { return indices_[static_cast<size_t>(index)]; }
  std::shared_ptr<const Dataset> base_;
  std::vector<int64_t> indices_;
};

}  // namespace

std::shared_ptr<Dataset> subset(std::shared_ptr<const Dataset> base, std::vector<int64_t> indices) {
  return std::make_shared<Subset>(std::move(base), std::move(indices));
}

}  // namespace clipwright::data::source
