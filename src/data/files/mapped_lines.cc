#include "data/files/mapped_lines.h"

#include <algorithm>

#include "data/files/utf8.h"

namespace clipwright::data::files {
namespace {

constexpr uint64_t kScanStride = 64 << 20;

std::string_view without_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

MappedLines::MappedLines(const std::filesystem::path& path) {
  files_.add(path);
  const std::string_view text = files_[0].text();
  const uint64_t begin = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  uint64_t at = begin, released = 0;
  while (at < text.size()) {
    starts_.push_back(at);
    const uint64_t end = std::min<uint64_t>(text.find('\n', at), text.size() - 1) + 1;
    const std::string_view line = without_end(text.substr(at, end - at));
    if (trimmed(line).empty()) ++blank_;
    if (!is_utf8(line)) {
      if (not_utf8_++ == 0) first_not_utf8_ = static_cast<int64_t>(starts_.size()) - 1;
    }
    at = end;
    if (at - released > kScanStride) {
      released = at;
      files_.release();
    }
  }
  files_.release();
  starts_.push_back(at);
  starts_.shrink_to_fit();
}

std::string_view MappedLines::operator[](int64_t line) const {
  const auto i = static_cast<size_t>(line);
  const std::string_view text =
      without_end(files_.view(0, starts_[i], starts_[i + 1] - starts_[i]));
  return not_utf8_ == 0 || is_utf8(text) ? text : std::string_view();
}

}  // namespace clipwright::data::files
