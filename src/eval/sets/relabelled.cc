#include "eval/sets/relabelled.h"

#include <string>
#include <utility>

#include "core/error.h"

namespace clipwright::eval::sets {
namespace {

class RelabelledDataset final : public data::source::Dataset {
 public:
  RelabelledDataset(std::shared_ptr<const data::source::Dataset> base, std::vector<int> labels)
      : base_(std::move(base)), labels_(std::move(labels)) {}
  int64_t size() const override { return base_->size(); }
  std::string key(int64_t index) const override { return base_->key(index); }
  std::string caption(int64_t index) const override { return base_->caption(index); }
  std::vector<std::string> captions(int64_t index) const override { return base_->captions(index); }
  data::source::ImageBytes image(int64_t index) const override { return base_->image(index); }
  int label(int64_t index) const override { return labels_[static_cast<size_t>(index)]; }
  std::vector<float> label_vector(int64_t index) const override {
    return base_->label_vector(index);
  }
  std::string describe() const override { return base_->describe(); }

 private:
  std::shared_ptr<const data::source::Dataset> base_;
  std::vector<int> labels_;
};

}  // namespace

std::shared_ptr<const data::source::Dataset> relabelled(
    std::shared_ptr<const data::source::Dataset> base, const std::vector<int>& labels) {
  CW_CHECK(static_cast<int64_t>(labels.size()) == base->size(), "a label a picture");
  std::vector<int64_t> kept;
  std::vector<int> kept_labels;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0) continue;
    kept.push_back(static_cast<int64_t>(i));
    kept_labels.push_back(labels[i]);
  }
  if (kept.size() < labels.size()) base = data::source::subset(std::move(base), std::move(kept));
  return std::make_shared<RelabelledDataset>(std::move(base), std::move(kept_labels));
}

}  // namespace clipwright::eval::sets
