// Data sets made of others.
#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "data/source/sources.h"

namespace clipwright::data::source {
namespace {

/// Another data set's pairs, some of them or under other names: whatever is not overridden is that
/// of the base's pair.
class Derived : public Dataset {
 public:
  explicit Derived(std::shared_ptr<const Dataset> base) : from_(std::move(base)) {}
  int64_t size() const override { return from_->size(); }
  std::string key(int64_t index) const override { return from_->key(at(index)); }
  std::string caption(int64_t index) const override { return from_->caption(at(index)); }
  std::vector<std::string> captions(int64_t index) const override {
    return from_->captions(at(index));
  }
  ImageBytes image(int64_t index) const override { return from_->image(at(index)); }
  int label(int64_t index) const override { return from_->label(at(index)); }
  std::string class_name(int64_t index) const override { return from_->class_name(at(index)); }
  std::vector<float> label_vector(int64_t index) const override {
    return from_->label_vector(at(index));
  }
  std::string describe() const override { return from_->describe(); }

 protected:
  virtual int64_t at(int64_t index) const { return index; }
  const std::shared_ptr<const Dataset> from_;
};

class Subset final : public Derived {
 public:
  Subset(std::shared_ptr<const Dataset> base, std::vector<int64_t> indices)
      : Derived(std::move(base)), indices_(std::move(indices)) {
    for (const int64_t index : indices_)
      CW_CHECK(index >= 0 && index < from_->size(), "a subset's index lies in its base");
  }
  int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  const Dataset* base() const override { return from_.get(); }
  int64_t base_index(int64_t index) const override { return at(index); }
  std::string describe() const override { return with_commas(size()) + " of " + from_->describe(); }

 private:
  int64_t at(int64_t index) const override { return indices_[static_cast<size_t>(index)]; }
  std::vector<int64_t> indices_;
};

class Below final : public Derived {
 public:
  Below(std::shared_ptr<const Dataset> base, std::string folder)
      : Derived(std::move(base)), folder_(std::move(folder)) {}
  std::string key(int64_t index) const override { return folder_ + "/" + from_->key(index); }

 private:
  std::string folder_;
};

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
  if (parts.size() == 1) return std::move(parts[0]);
  return std::make_unique<Concatenated>(std::move(parts));
}

std::unique_ptr<Dataset> below(std::unique_ptr<Dataset> part, const std::string& folder) {
  if (folder.empty()) return part;
  return std::make_unique<Below>(std::move(part), folder);
}

std::shared_ptr<Dataset> subset(std::shared_ptr<const Dataset> base, std::vector<int64_t> indices) {
  return std::make_shared<Subset>(std::move(base), std::move(indices));
}

}  // namespace clipwright::data::source
