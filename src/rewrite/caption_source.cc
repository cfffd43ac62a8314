#include "rewrite/caption_source.h"

#include <string_view>

namespace clipwright {

CaptionLines::CaptionLines(const fs::path& path) : file_(path) {
  const std::string_view text = file_.text();
  size_t at = text.starts_with("\xef\xbb\xbf")
                  ? 3
                  : 0;  // a byte order mark is no part of the first caption
  while (at < text.size()) {
    starts_.push_back(at);
    const size_t end = text.find('\n', at);
    at = end == std::string_view::npos ? text.size() : end + 1;
  }
  starts_.push_back(text.size());
}

std::string CaptionLines::text(int64_t index) const {
  const uint64_t start = starts_[static_cast<size_t>(index)];
  std::string_view line =
      file_.text().substr(start, starts_[static_cast<size_t>(index) + 1] - start);
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return std::string(line);
}

}  // namespace clipwright
