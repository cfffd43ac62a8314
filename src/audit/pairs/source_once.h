// Counts each caption once, though it stands beside every one of its rewrites.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/random.h"
#include "lexicon/word_table.h"

namespace clipwright::audit::pairs {

/// Exact for the first 4 million captions, at most 100 MB; later ones are no longer counted.
class SourceOnce {
 public:
  static constexpr size_t kMost = size_t{1} << 22;
  /// True when this caption of this sample was not seen before.
  bool first_time(std::string_view key, std::string_view source) {
    const size_t before = seen_.size();
    if (before >= kMost) return false;
    seen_.insert(hash64(source, hash64(key)), 0);
    return seen_.size() > before;
  }

 private:
  lexicon::WordTable seen_;
};

}  // namespace clipwright::audit::pairs
