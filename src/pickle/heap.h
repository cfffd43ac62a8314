// Where the values of a pickle live while it is read, and how much they may take.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "core/error.h"
#include "pickle/value.h"

namespace clipwright::pickle {

class Heap {
 public:
  /// `where` and `at` (the byte that is read) are for sentences; both outlive the heap.
  Heap(const std::string& where, const size_t& at) : where_(where), at_(at) {}

  [[noreturn]] void refuse(const std::string& why) const {
    fail_input(where_ + ": is no pickle that can be read (" + why + " at byte " +
                   std::to_string(at_) + ")",
               "what torch.save writes");
  }
  /// Values, places on the stack and entries of containers, all together. Throws Error(kInput)
  /// where they are too many.
  void count(int64_t objects = 1) {
    objects_ += objects;
    if (objects_ > kMostObjects) refuse("more than " + std::to_string(kMostObjects) + " objects");
  }
  Value* make(Value value) {
    count();
    return &pickle_.values.emplace_back(std::move(value));
  }
  /// A name that a value is to hold, which may take as much memory as some objects do.
  std::string name(std::string name) {
    if (name.size() > kLongestName) refuse("a name of " + std::to_string(name.size()) + " bytes");
    count(static_cast<int64_t>(name.size() / 64));
    return name;
  }
  Pickle finish(const Value* root) {
    pickle_.root = root;
    pickle_.size = at_;
    return std::move(pickle_);
  }

 private:
  // A checkpoint of a large model with its optimiser has some 100,000.
  static constexpr int64_t kMostObjects = 2'000'000;
  // Of classes and storages; longer ones are no names.
  static constexpr size_t kLongestName = 4096;

  const std::string& where_;
  const size_t& at_;
  int64_t objects_ = 0;
  Pickle pickle_;
};

}  // namespace clipwright::pickle
