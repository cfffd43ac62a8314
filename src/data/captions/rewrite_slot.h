// One kind of rewrite for every pair of a dataset.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace clipwright::data::captions {

/// Thread-safe for reading.
class RewriteSlot {
 public:
  virtual ~RewriteSlot() = default;
  virtual std::string name() const = 0;  ///< "rewrite:chatgpt"
  /// The text for a pair of the whole dataset, or an empty string.
  virtual std::string text(int64_t index) const = 0;
  /// Lines of a line-aligned file, which must be the same for all of them; 0 for texts that are
  /// joined by key.
  virtual int64_t lines() const { return 0; }
  /// "rewrite:chatgpt 9,990 texts, 10 blank lines"
  virtual std::string describe() const = 0;
};

using RewriteSlots = std::vector<std::unique_ptr<RewriteSlot>>;

}  // namespace clipwright::data::captions
