#include "losses/conformance_inputs.h"

#include <algorithm>

#include "core/error.h"

namespace clipwright::losses {
namespace {

/// As safetensors files say it.
std::string type_text(torch::ScalarType type) {
  switch (type) {
    case torch::kFloat64:
      return "F64";
    case torch::kFloat32:
      return "F32";
    case torch::kFloat16:
      return "F16";
    case torch::kBFloat16:
      return "BF16";
    case torch::kInt64:
      return "I64";
    case torch::kInt32:
      return "I32";
    default:
      return c10::toString(type);
  }
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

/// "text.*" becomes as many texts as were given, at least one.
std::vector<FormulaInput> spelt_out(const std::vector<FormulaInput>& known,
                                    const std::vector<NamedTensor>& given) {
  std::vector<FormulaInput> all;
  for (const FormulaInput& input : known) {
    if (!input.name.ends_with('*')) {
      all.push_back(input);
      continue;
    }
    const std::string stem = input.name.substr(0, input.name.size() - 1);
    const auto count = std::count_if(given.begin(), given.end(), [&](const NamedTensor& tensor) {
      return tensor.first.starts_with(stem);
    });
    for (int64_t i = 0; i < std::max<int64_t>(count, 1); ++i)
      all.push_back({stem + std::to_string(i), input.shape, input.type});
  }
  return all;
}

std::map<std::string, Tensor> matched_names(const std::string& term,
                                            const std::vector<FormulaInput>& known,
                                            const std::vector<NamedTensor>& given) {
  std::map<std::string, Tensor> inputs;
  for (const auto& [name, tensor] : given) {
    if (!inputs.emplace(name, tensor).second) fail_input("tensor " + name + " is given twice");
  }
  std::vector<std::string> names, missing;
  for (const FormulaInput& input : known) {
    names.push_back(input.name);
    if (!inputs.contains(input.name)) missing.push_back(input.name);
  }
  std::vector<std::string> unexpected, found;
  for (const auto& [name, tensor] : inputs) {
    found.push_back(name);
    if (std::find(names.begin(), names.end(), name) == names.end()) unexpected.push_back(name);
  }
  const std::string expected = "exactly " + listed(names);
  if (!missing.empty()) {
    const std::string near = nearest(missing[0], unexpected);
    fail_input(term + " reads " + listed(missing) + ", but the inputs are " + listed(found),
               expected, near.empty() ? "" : "Is '" + near + "' meant to be " + missing[0] + "?");
  }
  if (!unexpected.empty())
    fail_input(term + " does not read " + listed(unexpected) + ", which the inputs hold", expected);
  return inputs;
}

void check_types(const std::vector<FormulaInput>& known,
                 const std::map<std::string, Tensor>& inputs) {
  std::string first;
  for (const FormulaInput& input : known) {
    const torch::ScalarType type = inputs.at(input.name).scalar_type();
    const std::string found = input.name + " is " + type_text(type);
    if (input.type == FormulaInput::Type::kInt32 && type != torch::kInt32)
      fail_input(found, type_text(torch::kInt32));
    if (input.type == FormulaInput::Type::kInt64 && type != torch::kInt64)
      fail_input(found, type_text(torch::kInt64));
    if (input.type != FormulaInput::Type::kFloating) continue;
    if (type != torch::kFloat32 && type != torch::kFloat64) fail_input(found, "F32 or F64");
    if (first.empty()) first = input.name;
    const torch::ScalarType other = inputs.at(first).scalar_type();
    if (type != other)
      fail_input(found + " and " + first + " " + type_text(other), "one type, F32 or F64",
                 "The loss is computed in the type of its inputs.");
  }
}

/// What each letter stands for, and the first tensor that says so.
class Sizes {
 public:
  /// False when the tensor's shape is not the letters'.
  bool agree(const FormulaInput& input, const Tensor& tensor) {
    if (tensor.dim() != static_cast<int64_t>(input.shape.size())) return false;
    for (size_t i = 0; i < input.shape.size(); ++i) {
      const auto [letter, more] = split(input.shape[i]);
      const int64_t size = tensor.size(static_cast<int64_t>(i)) - more;
      const bool may_be_empty = letter == "R" || letter == "Q";
      if (size < (may_be_empty ? 0 : 1)) return false;
      const auto [known, added] = sizes_.try_emplace(letter, size, input.name);
      if (!added && known->second.first != size) return false;
    }
    return true;
  }

  /// "(N, E) with N = 5 as in image.0".
  std::string expected(const FormulaInput& input) const {
    std::string text = input.shape_text(), condition;
    std::vector<std::string> told;
    for (const std::string& size : input.shape) {
      const std::string letter = split(size).first;
      if (std::find(told.begin(), told.end(), letter) != told.end()) continue;
      told.push_back(letter);
      const auto known = sizes_.find(letter);
      if (known == sizes_.end() || known->second.second == input.name) {
        if (letter != "R" && letter != "Q")
          condition += (condition.empty() ? "" : ", ") + letter + " at least 1";
      } else {
        condition += (condition.empty() ? "" : ", ") + letter + " = " +
                     std::to_string(known->second.first) + " as in " + known->second.second;
      }
    }
    return condition.empty() ? text : text + " with " + condition;
  }

 private:
  static std::pair<std::string, int64_t> split(const std::string& size) {
    const bool more = size.ends_with("+1");
    return {more ? size.substr(0, size.size() - 2) : size, more ? 1 : 0};
  }

  std::map<std::string, std::pair<int64_t, std::string>> sizes_;
};

}  // namespace

std::string FormulaInput::shape_text() const {
  std::string text;
  for (const std::string& size : shape) text += (text.empty() ? "" : ", ") + size;
  return "(" + text + ")";
}

std::map<std::string, Tensor> checked_inputs(const std::string& term,
                                             const std::vector<FormulaInput>& known,
                                             const std::vector<NamedTensor>& given) {
  const std::vector<FormulaInput> all = spelt_out(known, given);
  std::map<std::string, Tensor> inputs = matched_names(term, all, given);
  check_types(all, inputs);
  Sizes sizes;
  for (const FormulaInput& input : all) {
    const Tensor& tensor = inputs.at(input.name);
    if (!sizes.agree(input, tensor))
      fail_input(term + "'s " + input.name + " has the shape " + clipwright::shape_text(tensor),
                 sizes.expected(input));
    // A choice among rows (the nearest, the kept ones) would pass one over without a word.
    if (tensor.is_floating_point()) {
      const auto bad = at::isfinite(tensor).logical_not().sum().item<int64_t>();
      if (bad > 0)
        fail_input(term + "'s " + input.name + " holds " + std::to_string(bad) +
                       (bad == 1 ? " number that is" : " numbers that are") + " infinite or NaN",
                   "finite numbers");
    }
  }
  return inputs;
}

}  // namespace clipwright::losses
