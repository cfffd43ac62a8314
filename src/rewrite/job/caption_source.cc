#include "rewrite/job/caption_source.h"

#include <sys/mman.h>

#include <algorithm>
#include <string_view>

namespace clipwright::rewrite::job {
namespace {

/// Gives back the pages that were read: the file stays in the system's cache,
/// which can drop it where memory is short, and no longer counts as this
/// process's.
void forget_pages(const MappedFile& file) {
  if (file.bytes().empty()) return;
  ::madvise(const_cast<std::byte*>(file.bytes().data()), file.bytes().size(), MADV_DONTNEED);
}

}  // namespace

CaptionLines::CaptionLines(const fs::path& path) : file_(path) {
  const std::string_view text = file_.text();
  starts_.reserve(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + 2);
  forget_pages(file_);
  size_t at = text.starts_with("\xef\xbb\xbf")
                  ? 3
                  : 0;  // a byte order mark is no part of the first caption
  while (at < text.size()) {
    starts_.push_back(at);
    const size_t end = text.find('\n', at);
    at = end == std::string_view::npos ? text.size() : end + 1;
  }
  starts_.push_back(text.size());
  forget_pages(file_);
}

std::string CaptionLines::text(int64_t index) const {
  constexpr uint64_t kReadsBetween = 4096;
  if (++reads_ % kReadsBetween == 0) forget_pages(file_);
  const uint64_t start = starts_[static_cast<size_t>(index)];
  std::string_view line =
      file_.text().substr(start, starts_[static_cast<size_t>(index) + 1] - start);
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return std::string(line);
}

}  // namespace clipwright::rewrite::job
