#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/words.h"
#include "data/annotations/captioned_pictures.h"
#include "records/lines.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::annotations {
namespace {

/// "a.jpg,a dog, a cat" to its picture and its caption; false when it names no picture.
bool split_pair(std::string_view line, std::string_view& picture, std::string_view& caption) {
  const std::string lower = ascii_lower(line);
  size_t comma = std::string::npos;
  for (const std::string_view ending : {".jpg,", ".jpeg,", ".png,", ".webp,"}) {
    const size_t at = lower.find(ending);
    if (at != std::string::npos) comma = std::min(comma, at + ending.size() - 1);
  }
  if (comma == std::string::npos) return false;
  picture = text::unicode::trimmed(line.substr(0, comma));
  caption = text::unicode::trimmed(line.substr(comma + 1));
  return true;
}

}  // namespace

CaptionedPictures read_flickr_text(const std::filesystem::path& path) {
  CaptionedPictures found;
  found.kind = "Flickr text";
  std::unordered_map<std::string, size_t> index;
  records::LineReader reader(path);
  int64_t number = 0;
  for (std::string_view line; reader.next(line);) {
    ++number;
    const auto unusable = [&](const char* reason, const std::string& why) {
      found.unusable.push_back({reason, path.string() + ", line " + std::to_string(number) + why});
    };
    if (text::unicode::trimmed(line).empty()) continue;
    std::string_view picture, caption;
    if (!text::unicode::is_utf8(line)) {
      unusable("not UTF-8", ": is not UTF-8");
    } else if (!split_pair(line, picture, caption)) {
      if (number > 1)  // the names of the columns
        unusable("no picture", ": has no picture (looked for NAME.jpg and a comma)");
    } else if (caption.empty()) {
      unusable("no caption", ": has no caption behind " + std::string(picture));
    } else {
      const auto [place, added] = index.try_emplace(std::string(picture), found.pictures.size());
      if (added) found.pictures.push_back({.path = std::string(picture)});
      found.pictures[place->second].captions.emplace_back(caption);
    }
  }
  return found;
}

bool is_flickr_text(const std::filesystem::path& path) {
  records::LineReader reader(path);
  std::string_view line, picture, caption;
  for (int i = 0; i < 2 && reader.next(line); ++i) {
    if (split_pair(line.substr(0, 64 << 10), picture, caption)) return true;
  }
  return false;
}

}  // namespace clipwright::data::annotations
