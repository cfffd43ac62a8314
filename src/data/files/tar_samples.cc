#include "data/files/tar_samples.h"

#include "core/words.h"
#include "data/files/file_names.h"

namespace clipwright::data::files {

TarSamples::Place TarSamples::add(std::string_view path) {
  const size_t name = path.rfind('/') + 1;  // 0 where there is no slash
  const size_t dot = path.find('.', name);
  if (dot == std::string_view::npos || dot == name || is_hidden(path)) return Place::kNone;
  const std::string_view key = path.substr(0, dot);
  suffix_ = ascii_lower(path.substr(dot + 1));
  const bool same = !suffixes_.empty() && key == key_ && !suffixes_.contains(suffix_);
  if (!same) {
    key_ = key;
    suffixes_.clear();
  }
  suffixes_.insert(suffix_);
  return same ? Place::kSame : Place::kAnother;
}

}  // namespace clipwright::data::files
