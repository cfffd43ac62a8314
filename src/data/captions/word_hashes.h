// A text as the set of its words, each a 64-bit hash.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace clipwright::data::captions {

/// Sorted hashes of the distinct words in lower case; every byte outside ASCII counts as part of a
/// word.
using WordHashes = std::vector<uint64_t>;
WordHashes word_hashes(std::string_view text);

}  // namespace clipwright::data::captions
