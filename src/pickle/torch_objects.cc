#include "pickle/torch_objects.h"

#include <optional>
#include <vector>

#include "pickle/torch_names.h"

namespace clipwright::pickle {
namespace {

const std::vector<Value*>* items_of(const Value* value) {
  if (const auto* tuple = value->as<Tuple>()) return &tuple->items;
  if (const auto* list = value->as<List>()) return &list->items;
  return nullptr;
}

std::optional<std::vector<int64_t>> numbers(const Value* value) {
  const std::vector<Value*>* items = items_of(value);
  if (items == nullptr) return std::nullopt;
  std::vector<int64_t> list;
  for (const Value* item : *items) {
    const auto* one = item->as<int64_t>();
    if (one == nullptr) return std::nullopt;
    list.push_back(*one);
  }
  return list;
}

/// (storage, offset, shape, strides, ...) of torch._utils._rebuild_tensor_v2.
Value* tensor(Heap& heap, const std::vector<Value*>& arguments, const std::string& type) {
  if (arguments.size() < 4) heap.refuse("a tensor without its shape");
  const auto* storage = arguments[0]->as<Storage>();
  const auto* offset = arguments[1]->as<int64_t>();
  const auto shape = numbers(arguments[2]), strides = numbers(arguments[3]);
  if (storage == nullptr || offset == nullptr || !shape || !strides ||
      shape->size() != strides->size())
    heap.refuse("a tensor of unknown make");
  // What a view says of its numbers: that they count with the other sign, or conjugated.
  const Dict* about = arguments.size() == 7 ? arguments[6]->as<Dict>() : nullptr;
  for (const char* key : {"neg", "conj"}) {
    const Value* set = about == nullptr ? nullptr : find(*about, key);
    if (set != nullptr && set->as<bool>() != nullptr && *set->as<bool>())
      heap.refuse(std::string("a tensor that is a view of kind '") + key + "'");
  }
  heap.count(2 * static_cast<int64_t>(shape->size()));
  return heap.make({StridedTensor{.storage = storage,
                                  .type = type.empty() ? storage->type : type,
                                  .offset = *offset,
                                  .shape = *shape,
                                  .strides = *strides}});
}

/// Null for what is not on the list.
Value* known(Heap& heap, const std::string& name, const std::vector<Value*>& arguments) {
  if (name == "collections.OrderedDict" || name == "collections.defaultdict" ||
      name == "builtins.dict") {
    Dict dict;
    const bool factory = name == "collections.defaultdict";
    if (!arguments.empty() && !factory) {
      const std::vector<Value*>* pairs = items_of(arguments[0]);
      if (pairs == nullptr) return nullptr;
      for (const Value* pair : *pairs) {
        const std::vector<Value*>* two = items_of(pair);
        if (two == nullptr || two->size() != 2) return nullptr;
        heap.count();
        dict.entries.emplace_back((*two)[0], (*two)[1]);
      }
    }
    return heap.make({std::move(dict)});
  }
  if (name == "torch._utils._rebuild_tensor" || name == "torch._utils._rebuild_tensor_v2")
    return tensor(heap, arguments, "");
  if (name == "torch._utils._rebuild_tensor_v3") {
    if (arguments.size() < 7 || arguments[6]->as<Global>() == nullptr)
      heap.refuse("a tensor without its type");
    const std::string& name = arguments[6]->as<Global>()->name;
    const std::string type = number_type(name);
    return tensor(heap, arguments, type.empty() ? heap.name(name) : type);
  }
  if ((name == "torch._utils._rebuild_parameter" ||
       name == "torch._utils._rebuild_parameter_with_state") &&
      !arguments.empty())
    return arguments[0];
  if (name == "torch._tensor._rebuild_from_type_v2" && arguments.size() >= 3) {
    const auto* rebuild = arguments[0]->as<Global>();
    const std::vector<Value*>* inner = items_of(arguments[2]);
    if (rebuild == nullptr || inner == nullptr || rebuild->name == name) return nullptr;
    return known(heap, rebuild->name, *inner);
  }
  if ((name == "torch.Size" || name.starts_with("torch.jit._pickle.build_") ||
       name == "torch.jit._pickle.restore_type_tag") &&
      !arguments.empty() && items_of(arguments[0]) != nullptr)
    return arguments[0];
  return nullptr;
}

}  // namespace

Value* construct(Heap& heap, const Value* callable, Value* arguments) {
  const auto* global = callable->as<Global>();
  if (global == nullptr) return heap.make({Opaque{.name = "no class", .arguments = arguments}});
  if (const std::vector<Value*>* items = items_of(arguments)) {
    if (Value* value = known(heap, global->name, *items)) return value;
    // An object made by way of its class, as Python 2 pickled it.
    if (global->name == "copy_reg._reconstructor" || global->name == "copyreg._reconstructor") {
      if (!items->empty() && (*items)[0]->as<Global>() != nullptr)
        return heap.make({Opaque{.name = heap.name((*items)[0]->as<Global>()->name)}});
    }
  }
  return heap.make({Opaque{.name = heap.name(global->name), .arguments = arguments}});
}

/// ("storage", class, key, place, elements[, (key, first, elements) of a view]).
Value* storage_of(Heap& heap, const Value* id) {
  const std::vector<Value*>* parts = items_of(id);
  if (parts == nullptr || parts->size() < 5) heap.refuse("an unknown kind of reference");
  const auto* kind = (*parts)[0]->as<std::string>();
  const auto* type = (*parts)[1]->as<Global>();
  const auto* key = (*parts)[2]->as<std::string>();
  const auto* size = (*parts)[4]->as<int64_t>();
  if (kind == nullptr || *kind != "storage" || type == nullptr || key == nullptr || size == nullptr)
    heap.refuse("an unknown kind of reference");
  Storage storage{.type = storage_type(type->name), .key = heap.name(*key), .size = *size};
  // Of a type that no weights have; who needs its bytes says so.
  if (storage.type.empty()) storage.type = heap.name(type->name);
  if (parts->size() > 5 && items_of((*parts)[5]) != nullptr) {
    const std::vector<Value*>& view = *items_of((*parts)[5]);
    const int64_t* first = view.size() == 3 ? view[1]->as<int64_t>() : nullptr;
    const int64_t* length = view.size() == 3 ? view[2]->as<int64_t>() : nullptr;
    if (first == nullptr || length == nullptr || *first < 0) heap.refuse("an unknown kind of view");
    storage.begin = *first;
    storage.size = *length;
  }
  if (storage.size < 0) heap.refuse("a storage of less than nothing");
  return heap.make({std::move(storage)});
}

}  // namespace clipwright::pickle
