// The commonest short texts of a stream and how often each occurs, in bounded memory: Misra and
// Gries 1982.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace clipwright::audit::diversity {

struct FrequentText {
  std::string text;
  int64_t count = 0;
};

/// Exact up to `capacity` distinct texts; beyond, each count is too small by at most `error()`,
/// which is at most twice the number of texts over the capacity.
class FrequentTexts {
 public:
  explicit FrequentTexts(size_t capacity = size_t{1} << 17) : capacity_(capacity) {}
  void add(std::string_view text, int64_t times = 1);
  void merge(const FrequentTexts& other);
  /// The commonest, most frequent first, ties by text.
  std::vector<FrequentText> top(size_t count) const;
  int64_t error() const { return error_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const;
  };
  void shrink();
  size_t capacity_;
  int64_t error_ = 0;
  std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> counts_;
};

}  // namespace clipwright::audit::diversity
