#include "losses/term.h"

#include <algorithm>

namespace clipwright::losses {
namespace {

/// Module names may not hold dots.
std::string plain(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

}  // namespace

Tensor Term::add_parameter(const std::string& name, const Tensor& value,
                           const std::string& cancelled) {
  Tensor parameter = register_parameter(plain(name), value);
  table_.add({.name = name, .leaf = parameter, .cancelled = cancelled});
  return parameter;
}

Tensor Term::add_parameter(const std::string& name, const Tensor& value,
                           const std::vector<int64_t>& shape_in_files) {
  Tensor parameter = register_parameter(plain(name), value);
  table_.add({.name = name,
              .leaf = parameter,
              .layout = tensor::FileLayout::kReshaped,
              .shape = shape_in_files});
  return parameter;
}

Tensor Term::add_buffer(const std::string& name, const Tensor& value,
                        const tensor::FindFlaw& find_flaw) {
  // What counts is an integer and stays on the CPU wherever the module goes.
  Tensor buffer = value.is_floating_point() ? register_buffer(plain(name), value) : value;
  table_.add(
      {.name = name, .leaf = buffer, .kind = tensor::TensorKind::kBuffer, .find_flaw = find_flaw});
  return buffer;
}

}  // namespace clipwright::losses
