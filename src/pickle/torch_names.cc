#include "pickle/torch_names.h"

#include <algorithm>
#include <array>

namespace clipwright::pickle {
namespace {

struct NumberType {
  std::string_view storage, name;
  int size;
};

constexpr std::array<NumberType, 12> kTypes = {{{"Float", "float32", 4},
                                                {"Double", "float64", 8},
                                                {"Half", "float16", 2},
                                                {"BFloat16", "bfloat16", 2},
                                                {"Long", "int64", 8},
                                                {"Int", "int32", 4},
                                                {"Short", "int16", 2},
                                                {"Char", "int8", 1},
                                                {"Byte", "uint8", 1},
                                                {"Bool", "bool", 1},
                                                {"ComplexFloat", "complex64", 8},
                                                {"ComplexDouble", "complex128", 16}}};

bool drop_front(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

}  // namespace

std::string storage_type(std::string_view name) {
  if (!drop_front(name, "torch.")) return "";
  drop_front(name, "cuda.");
  drop_front(name, "storage.");
  if (name == "UntypedStorage" || name == "_UntypedStorage") return "bytes";
  for (const NumberType& type : kTypes) {
    if (name.starts_with(type.storage) && name.substr(type.storage.size()) == "Storage")
      return std::string(type.name);
  }
  return "";
}

std::string number_type(std::string_view name) {
  if (!drop_front(name, "torch.")) return "";
  const auto* const found = std::find_if(kTypes.begin(), kTypes.end(),
                                         [&](const NumberType& type) { return type.name == name; });
  return found == kTypes.end() ? "" : std::string(name);
}

int type_size(std::string_view type) {
  if (type == "bytes") return 1;
  const auto* const found = std::find_if(kTypes.begin(), kTypes.end(),
                                         [&](const NumberType& one) { return one.name == type; });
  return found == kTypes.end() ? 0 : found->size;
}

}  // namespace clipwright::pickle
