// The command line's word for which of a pair's texts a training step sees.
#pragma once

#include <string_view>

namespace clipwright::data::captions {

enum class CaptionPolicy {
  kOriginal,
  kUniform,  ///< one of original and rewrites (TextSource::kUniform)
  kAll,      ///< the original and, behind the step's text slots, every rewrite
};

/// "original", "uniform", "all". Throws Error(kUsage) naming the nearest.
CaptionPolicy parse_caption_policy(std::string_view name);

}  // namespace clipwright::data::captions
