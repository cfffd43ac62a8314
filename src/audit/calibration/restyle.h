// Captions said in another style: what a rewrite without a fault does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clipwright::audit::calibration {

/// The caption in other words and order: synonyms from a list, a phrase moved to the front, "a
/// photo of". Choices are keyed by `seed` and `key`: equal for a caption and its damaged forms.
std::string restyle(std::string_view caption, std::string_view key, uint64_t seed);

}  // namespace clipwright::audit::calibration
