// What every text tower reads: a text as numbers.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace clipwright::text::tokens {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Appends the ids of `text`, those that stand before and behind every text included, unpadded. A
  /// longer text is cut to `context_length` ids, what stands behind every text last. True when
  /// nothing was cut. Any bytes are a text. Thread-safe.
  virtual bool encode(std::string_view text, std::vector<int32_t>& ids,
                      int context_length) const = 0;
};

}  // namespace clipwright::text::tokens
