#include "core/log.h"
#include "data/loader/loader.h"

namespace clipwright::data::loader {

std::string BadSamples::describe() const {
  std::string text = with_commas(bad) + " of " + with_commas(seen) + " samples could not be used";
  bool first = true;
  for (const auto& [reason, count] : by_reason) {
    text += (first ? " (" : ", ") + reason + " " + with_commas(count);
    first = false;
  }
  return first ? text : text + ")";
}

}  // namespace clipwright::data::loader
