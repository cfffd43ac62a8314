#include "models/files/torch_weights.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/words.h"
#include "pickle/torch_file.h"
#include "pickle/torch_names.h"

namespace clipwright::models::files {
namespace {

using pickle::Dict;
using pickle::Opaque;
using pickle::StridedTensor;
using pickle::Value;

/// Where checkpoints keep a model's weights, most telling first.
constexpr const char* kPlaces[] = {"state_dict", "model_state_dict", "model", "module",
                                   "net",        "weights"};
constexpr int kDeepest = 3;
// Modules in modules; a transformer has six levels.
constexpr int kDeepestModule = 32;
// What small files may share: tied weights.
constexpr double kSpare = 16 << 20;
constexpr const char* kExpected = "a model's weights: a state dictionary, a training checkpoint";

using Found = std::vector<std::pair<std::string, const StridedTensor*>>;

/// The tensors of a dictionary under their own names.
Found tensors_of(const Dict& dict) {
  Found found;
  for (const auto& [key, value] : dict.entries) {
    const auto* name = key->as<std::string>();
    const auto* tensor = value->as<StridedTensor>();
    if (name != nullptr && tensor != nullptr) found.emplace_back(*name, tensor);
  }
  return found;
}

/// The tensors of a module and of the modules in it, as its state_dict() would name them. What
/// hangs in a circle is visited once.
class Modules {
 public:
  Found of(const Opaque& module) {
    add(module, "", 0);
    return std::move(found_);
  }

 private:
  void add(const Opaque& module, const std::string& prefix, int depth) {
    const Dict* state = module.state == nullptr ? nullptr : module.state->as<Dict>();
    if (state == nullptr || depth > kDeepestModule || !seen_.insert(&module).second) return;
    for (const auto& [key, value] : state->entries) {
      const auto* name = key->as<std::string>();
      if (name == nullptr) continue;
      const bool group = *name == "_parameters" || *name == "_buffers" || *name == "_modules";
      const Dict* inner = group ? value->as<Dict>() : nullptr;
      if (inner == nullptr) {
        take(*name, *value, prefix, depth);
        continue;
      }
      for (const auto& [inner_key, inner_value] : inner->entries) {
        if (const auto* inner_name = inner_key->as<std::string>())
          take(*inner_name, *inner_value, prefix, depth);
      }
    }
  }
  void take(const std::string& name, const Value& value, const std::string& prefix, int depth) {
    if (const auto* tensor = value.as<StridedTensor>()) {
      found_.emplace_back(prefix + name, tensor);
    } else if (const auto* module = value.as<Opaque>()) {
      add(*module, prefix + name + ".", depth + 1);
    }
  }

  Found found_;
  std::set<const Opaque*> seen_;
};

/// Where the most tensors are: a checkpoint has some of its own beside a model's (the state of a
/// generator, the best accuracy).
Found find_weights(const Value& value, int depth, TorchWeights& weights) {
  if (const auto* module = value.as<Opaque>()) return Modules().of(*module);
  const auto* dict = value.as<Dict>();
  if (dict == nullptr) return {};
  Found found = tensors_of(*dict);
  std::string first;  // of the way to them
  for (const char* place : kPlaces) {
    const Value* inner = depth < kDeepest ? pickle::find(*dict, place) : nullptr;
    if (inner == nullptr) continue;
    TorchWeights there;
    Found others = find_weights(*inner, depth + 1, there);
    if (others.size() <= found.size()) continue;
    found = std::move(others);
    first = place;
    weights.place = first + (there.place.empty() ? "" : "." + there.place);
    weights.beside = std::move(there.beside);
  }
  for (const auto& [key, inner] : dict->entries) {
    const auto* name = key->as<std::string>();
    const bool taken =
        first.empty() ? inner->as<StridedTensor>() != nullptr : name != nullptr && *name == first;
    if (name != nullptr && !taken && !found.empty()) weights.beside.push_back(*name);
  }
  return found;
}

c10::ScalarType scalar_type(const std::string& type, const std::string& where) {
  static const std::map<std::string_view, c10::ScalarType> kTypes = {
      {"float32", torch::kFloat32},   {"float64", torch::kFloat64}, {"float16", torch::kFloat16},
      {"bfloat16", torch::kBFloat16}, {"int64", torch::kInt64},     {"int32", torch::kInt32},
      {"int16", torch::kInt16},       {"int8", torch::kInt8},       {"uint8", torch::kUInt8},
      {"bool", torch::kBool}};
  const auto found = kTypes.find(type);
  if (found == kTypes.end()) fail_input(where + " has numbers of the type " + type, kExpected);
  return found->second;
}

/// The bytes that a tensor says it has must be there, each number once.
void check_extent(const StridedTensor& tensor, const std::string& where) {
  const int64_t element = pickle::type_size(tensor.type);
  const int64_t there = tensor.storage->size * pickle::type_size(tensor.storage->type) /
                        std::max<int64_t>(element, 1);
  int64_t numbers = 1, last = tensor.offset;
  bool wrong = tensor.offset < 0;
  for (size_t i = 0; i < tensor.shape.size() && !wrong; ++i) {
    const int64_t size = tensor.shape[i], stride = tensor.strides[i];
    int64_t reach = 0;
    // A tensor that repeats its numbers (a stride of 0) could be of any size.
    wrong = size < 0 || stride < 0 || (stride == 0 && size > 1) ||
            __builtin_mul_overflow(numbers, std::max<int64_t>(size, 1), &numbers) ||
            __builtin_mul_overflow(std::max<int64_t>(size - 1, 0), stride, &reach) ||
            __builtin_add_overflow(last, reach, &last);
  }
  const bool empty = std::find(tensor.shape.begin(), tensor.shape.end(), 0) != tensor.shape.end();
  if (!wrong && !empty) wrong = numbers > there || last >= there;
  if (wrong) {
    fail_input(where + " does not fit into its storage of " + std::to_string(there) + " numbers",
               kExpected, "Fetch the file again; a broken download is the usual cause.");
  }
}

}  // namespace

TorchWeights read_torch_weights(const std::filesystem::path& path) {
  pickle::TorchFile file(path);
  TorchWeights weights;
  const Found found = find_weights(*file.root(), 0, weights);
  if (found.empty()) {
    fail_input(path.string() + ": holds no tensors under names of weights (it is " +
                   file.root()->kind() + ")",
               kExpected);
  }
  // Views share storages, and each becomes a tensor of its own.
  const auto most = 2 * static_cast<double>(std::filesystem::file_size(path)) + kSpare;
  double held = 0;
  std::map<std::string, int> uses;
  for (const auto& [name, tensor] : found) ++uses[tensor->storage->key];
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : found) {
    const std::string where = path.string() + ": " + name;
    if (!names.insert(name).second)
      fail_input(path.string() + ": names two tensors " + name, kExpected);
    const c10::ScalarType type = scalar_type(tensor->type, where);
    check_extent(*tensor, where);
    double size = static_cast<double>(c10::elementSize(type));
    for (const int64_t extent : tensor->shape) size *= static_cast<double>(extent);
    if ((held += size) > most)
      fail_input(path.string() + ": its tensors are larger than the file, which they share",
                 kExpected);
    const std::string_view bytes = file.bytes(*tensor->storage);
    const auto* first =
        bytes.data() + tensor->offset * static_cast<int64_t>(c10::elementSize(type));
    const bool none =
        std::find(tensor->shape.begin(), tensor->shape.end(), 0) != tensor->shape.end();
    const Tensor view = none ? torch::empty(tensor->shape, type)
                             : torch::from_blob(const_cast<char*>(first), tensor->shape,
                                                tensor->strides, torch::TensorOptions(type));
    weights.tensors.emplace_back(name, view.clone(at::MemoryFormat::Contiguous));
    if (--uses[tensor->storage->key] == 0) file.forget(*tensor->storage);
  }
  return weights;
}

}  // namespace clipwright::models::files
