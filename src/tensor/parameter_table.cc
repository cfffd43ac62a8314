#include "tensor/parameter_table.h"

#include "core/error.h"

namespace clipwright::tensor {
namespace {

void check_entry(const TableEntry& entry) {
  const Tensor& leaf = entry.leaf;
  CW_CHECK(leaf.defined(), entry.name + " has no tensor");
  if (entry.kind == TensorKind::kParameter) {
    // A view's gradient is never filled in: an optimiser that holds one trains nothing.
    CW_CHECK(leaf.is_leaf() && !leaf.is_view() && leaf.requires_grad() != entry.frozen,
             entry.name + " is a parameter that gradients do not reach");
  } else {
    CW_CHECK(!leaf.requires_grad() && !entry.frozen && entry.cancelled.empty(),
             entry.name + " is not a parameter and is declared as if it were one");
  }
}

std::vector<int64_t> file_shape(const TableEntry& entry) {
  const std::vector<int64_t> own = entry.leaf.sizes().vec();
  switch (entry.layout) {
    case FileLayout::kSame:
      return own;
    case FileLayout::kReshaped:
      CW_CHECK(c10::multiply_integers(entry.shape) == entry.leaf.numel(),
               entry.name + " has another number of elements in its file");
      return entry.shape;
    case FileLayout::kTransposed:
      CW_CHECK(own.size() == 2, entry.name + " is no matrix to transpose");
      return {own[1], own[0]};
  }
  return own;
}

/// A list of names for a message.
class Names {
 public:
  void add(const std::string& item) { text_ += (text_.empty() ? "" : ", ") + item; }
  std::string after(const std::string& heading) const {
    return text_.empty() ? "" : "; " + heading + ": " + text_;
  }

 private:
  std::string text_;
};

std::string flaw_of(const TableEntry& entry, const Tensor& value) {
  if (value.is_floating_point() && !at::isfinite(value).all().item<bool>())
    return "holds numbers that are not finite";
  return entry.find_flaw ? entry.find_flaw(value) : std::string();
}

}  // namespace

std::string numbers_below_zero(const Tensor& value) {
  return value.lt(0).any().item<bool>() ? "holds numbers below zero" : "";
}

FindFlaw number_outside(int64_t least, int64_t most) {
  return [=](const Tensor& value) {
    const auto number = value.item<int64_t>();
    return number < least || number > most
               ? "is " + std::to_string(number) + " and not within " + std::to_string(least) +
                     " and " + std::to_string(most)
               : std::string();
  };
}

Tensor TableEntry::in_file(const Tensor& like_leaf) const {
  const torch::NoGradGuard no_grad;
  const Tensor plain = like_leaf.detach();
  switch (layout) {
    case FileLayout::kSame:
      break;
    case FileLayout::kReshaped:
      return plain.view(shape);
    case FileLayout::kTransposed:
      return plain.t();
  }
  return plain;
}

void ParameterTable::add(TableEntry entry) {
  check_entry(entry);
  entry.shape = file_shape(entry);
  CW_CHECK(index_.emplace(entry.name, entries_.size()).second, entry.name + " is there twice");
  entries_.push_back(std::move(entry));
}

void ParameterTable::append(const ParameterTable& other, const std::string& prefix) {
  for (TableEntry entry : other.entries_) {
    entry.name = prefix + entry.name;
    add(std::move(entry));
  }
}

void ParameterTable::freeze(const std::string& name) {
  const auto found = index_.find(name);
  CW_CHECK(found != index_.end(), "there is no tensor " + name);
  TableEntry& entry = entries_[found->second];
  CW_CHECK(entry.kind == TensorKind::kParameter, name + " is no parameter");
  entry.frozen = true;
  entry.leaf.set_requires_grad(false);
}

const TableEntry& ParameterTable::at(const std::string& name) const {
  const auto found = index_.find(name);
  CW_CHECK(found != index_.end(), "there is no tensor " + name);
  return entries_[found->second];
}

ParameterTable ParameterTable::trainable() const {
  ParameterTable chosen;
  for (const TableEntry& entry : entries_) {
    if (entry.trainable()) chosen.add(entry);
  }
  return chosen;
}

int64_t ParameterTable::parameter_count() const {
  int64_t count = 0;
  for (const TableEntry& entry : entries_) {
    if (entry.kind == TensorKind::kParameter) count += entry.leaf.numel();
  }
  return count;
}

std::vector<NamedTensor> ParameterTable::file_tensors() const {
  std::vector<NamedTensor> list;
  list.reserve(entries_.size());
  for (const TableEntry& entry : entries_) list.emplace_back(entry.name, entry.in_file(entry.leaf));
  return list;
}

void ParameterTable::load(const std::vector<NamedTensor>& tensors, const std::string& where,
                          const std::string& owner) const {
  const std::map<std::string, Tensor> given(tensors.begin(), tensors.end());
  const std::vector<NamedTensor> own = file_tensors();
  Names missing, unexpected, shapes;
  for (const auto& [name, target] : own) {
    const auto found = given.find(name);
    if (found == given.end()) {
      missing.add(name);
    } else if (found->second.numel() != target.numel() ||
               (target.dim() > 0 && found->second.sizes() != target.sizes())) {
      shapes.add(name + " is " + shape_text(found->second) + " and should be " +
                 shape_text(target));
    } else if (!found->second.is_floating_point() && target.is_floating_point()) {
      shapes.add(name + " does not hold floating-point numbers");
    } else if (found->second.is_floating_point() && !target.is_floating_point()) {
      shapes.add(name + " does not hold whole numbers");
    }
  }
  for (const auto& [name, tensor] : tensors) {
    if (index_.count(name) == 0) unexpected.add(name);
  }
  const std::string problems =
      missing.after("missing") + unexpected.after("unexpected") + shapes.after("shapes");
  if (!problems.empty()) {
    fail_input(where + ": does not fit " + owner + problems, {},
               "Check that the configuration and the weights belong together.");
  }
  Names flaws;
  for (const TableEntry& entry : entries_) {
    if (entry.kind != TensorKind::kBuffer) continue;
    const std::string flaw = flaw_of(entry, given.at(entry.name));
    if (!flaw.empty()) flaws.add(entry.name + " " + flaw);
  }
  if (const std::string found = flaws.after("damaged"); !found.empty()) {
    fail_input(where + ": is not what training leaves of " + owner + found, {},
               "Take an earlier one: of a run's checkpoints, resume from an earlier step_<N>.");
  }
  const torch::NoGradGuard no_grad;
  for (auto [name, target] : own) target.copy_(given.at(name).reshape(target.sizes()));
}

}  // namespace clipwright::tensor
