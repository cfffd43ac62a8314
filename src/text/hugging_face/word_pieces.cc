#include "text/hugging_face/word_pieces.h"

#include <algorithm>

namespace clipwright::text::hugging_face {
namespace {

bool begins_character(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) != 0x80; }

}  // namespace

WordPieces::WordPieces(Words words, std::string prefix, int32_t unknown, size_t longest)
    : unknown_(unknown), longest_(longest) {
  for (const auto& [word, id] : words) {
    longest_piece_ = std::max(longest_piece_, word.size());
    if (word.starts_with(prefix)) goes_on_.emplace(word.substr(prefix.size()), id);
  }
  begins_ = std::move(words);
}

void WordPieces::encode(std::string_view word, std::vector<int32_t>& ids) const {
  if (static_cast<size_t>(std::count_if(word.begin(), word.end(), begins_character)) > longest_) {
    ids.push_back(unknown_);
    return;
  }
  const size_t before = ids.size();
  for (size_t start = 0; start < word.size();) {
    const Words& known = start == 0 ? begins_ : goes_on_;
    size_t end = std::min(word.size(), start + longest_piece_);
    auto found = known.end();
    for (; end > start; --end) {
      if (end < word.size() && !begins_character(word[end])) continue;
      found = known.find(word.substr(start, end - start));
      if (found != known.end()) break;
    }
    if (found == known.end()) {
      ids.resize(before);
      ids.push_back(unknown_);
      return;
    }
    ids.push_back(found->second);
    start = end;
  }
}

}  // namespace clipwright::text::hugging_face
