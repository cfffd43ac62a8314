#include "data/captions/caption_policy.h"

#include <string>

#include "core/error.h"

namespace clipwright::data::captions {

CaptionPolicy parse_caption_policy(std::string_view name) {
  if (name == "original") return CaptionPolicy::kOriginal;
  if (name == "uniform") return CaptionPolicy::kUniform;
  if (name == "all") return CaptionPolicy::kAll;
  const std::string near = nearest(name, {"original", "uniform", "all"});
  fail_usage("'" + std::string(name) + "' is no caption policy", "original, uniform or all",
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

}  // namespace clipwright::data::captions
