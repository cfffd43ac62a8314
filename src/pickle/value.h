// What a pickle holds, as data: nothing of it is ever called.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace clipwright::pickle {

struct Value;

struct None {};
/// `module.name` of Python: a class or function, by its name alone.
struct Global {
  std::string name;
};
struct List {
  std::vector<Value*> items;
};
struct Tuple {
  std::vector<Value*> items;
};
/// Entries in the order in which they were set; a key that is set again stands twice, the later one
/// counts.
struct Dict {
  std::vector<std::pair<Value*, Value*>> entries;
};
/// Bytes of a tensor, elsewhere in the file.
struct Storage {
  std::string type;   ///< "float32", "int64", ... or "bytes" where only a tensor says what they are
  std::string key;    ///< its name in the archive
  int64_t begin = 0;  ///< the first of the elements under that name that belongs to it
  int64_t size = 0;   ///< elements of `type`
};
struct StridedTensor {
  const Storage* storage = nullptr;
  std::string type;
  int64_t offset = 0;  ///< elements from the storage's beginning
  std::vector<int64_t> shape, strides;
};
/// An object of a class that is not known here: its class, what it was to be made of, and the state
/// that was to be set on it (null: none).
struct Opaque {
  std::string name;
  Value* arguments = nullptr;
  Value* state = nullptr;
};

struct Bytes {
  std::string bytes;
};

struct Value {
  std::variant<None, bool, int64_t, double, std::string, Bytes, Global, List, Tuple, Dict, Storage,
               StridedTensor, Opaque>
      data;

  template <typename Kind>
  const Kind* as() const {
    return std::get_if<Kind>(&data);
  }
  /// "a list", "a tensor", ...: for sentences.
  std::string kind() const;
};

/// The value of a text key; null where there is none, or no such key.
const Value* find(const Dict& dict, std::string_view key);

/// The values of a pickle. They point to one another, also in circles; all of them live as long as
/// this.
struct Pickle {
  std::deque<Value> values;
  const Value* root = nullptr;
  size_t size = 0;  ///< bytes that it took
};

}  // namespace clipwright::pickle
