#include "text/hugging_face/byte_pairs.h"

#include <algorithm>
#include <queue>

#include "core/error.h"
#include "core/json.h"
#include "text/unicode/code_points.h"

namespace clipwright::text::hugging_face {
namespace {

/// Printable Latin-1 stands for itself, the others for U+0100 and on.
std::array<std::string, 256> names_of_bytes() {
  std::array<std::string, 256> names;
  char32_t next = 0x100;
  for (int b = 0; b < 256; ++b) {
    const bool printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    unicode::append_utf8(printable ? static_cast<char32_t>(b) : next++,
                         names[static_cast<size_t>(b)]);
  }
  return names;
}

/// The bytes that a word's characters stand for; empty where one stands for none.
std::string bytes_of(std::string_view word, const Words& byte_of_name) {
  std::string bytes;
  for (size_t at = 0; at < word.size();) {
    size_t end = at;
    char32_t character = 0;
    if (!unicode::next_code_point(word, end, character)) return {};
    const auto found = byte_of_name.find(word.substr(at, end - at));
    if (found == byte_of_name.end()) return {};
    bytes.push_back(static_cast<char>(found->second));
    at = end;
  }
  return bytes;
}

struct Candidate {
  int32_t rank;
  size_t place;
  int32_t left, right, id;
  bool operator>(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : place > other.place;
  }
};

}  // namespace

BytePairs::BytePairs(const Words& words, const std::vector<Merge>& merges, const Settings& settings,
                     const std::string& where)
    : settings_(settings) {
  const std::array<std::string, 256> names = names_of_bytes();
  for (size_t b = 0; b < 256; ++b) {
    const auto found = words.find(names[b]);
    bytes_[b] = found == words.end() ? -1 : found->second;
  }
  int32_t rank = 0;
  pairs_.reserve(merges.size());
  for (const auto& [left, right] : merges) {
    const auto first = words.find(left), second = words.find(right),
               result = words.find(left + right);
    if (first == words.end() || second == words.end() || result == words.end()) {
      fail_input(where + ": merges " + to_line(Json(left)) + " and " + to_line(Json(right)) +
                     ", and one of them or what they become is no word",
                 "merges and words of one tokenizer");
    }
    pairs_[pair_of(first->second, second->second)] = {rank++, result->second};
  }
  if (!settings.whole_words) return;
  Words byte_of_name;
  for (size_t b = 0; b < 256; ++b) byte_of_name.emplace(names[b], static_cast<int32_t>(b));
  for (const auto& [word, id] : words) {
    if (std::string bytes = bytes_of(word, byte_of_name); !bytes.empty())
      whole_.emplace(std::move(bytes), id);
  }
}

void BytePairs::encode(std::string_view word, std::vector<int32_t>& ids) const {
  if (const auto found = whole_.find(word); found != whole_.end()) {
    ids.push_back(found->second);
    return;
  }
  std::vector<int32_t> symbols;
  symbols.reserve(word.size());
  for (const char byte : word) {
    const int32_t id = bytes_[static_cast<uint8_t>(byte)];
    if (id >= 0 || settings_.unknown >= 0) symbols.push_back(id >= 0 ? id : settings_.unknown);
  }
  merge(symbols);
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

/// O(n log n), so that a megabyte without a space costs no more than a page of text.
void BytePairs::merge(std::vector<int32_t>& symbols) const {
  const size_t count = symbols.size();
  std::vector<size_t> next(count), previous(count);
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto consider = [&](size_t left) {
    if (left >= count || next[left] >= count) return;
    const int32_t a = symbols[left], b = symbols[next[left]];
    const auto found = pairs_.find(pair_of(a, b));
    if (found != pairs_.end()) candidates.push({found->second.rank, left, a, b, found->second.id});
  };
  for (size_t i = 0; i < count; ++i) {
    next[i] = i + 1;
    previous[i] = i == 0 ? count : i - 1;
  }
  for (size_t i = 0; i + 1 < count; ++i) consider(i);
  constexpr int32_t kGone = -1;
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    const size_t right = symbols[best.place] == best.left ? next[best.place] : count;
    if (right >= count || symbols[right] != best.right) continue;
    symbols[best.place] = best.id;
    symbols[right] = kGone;
    next[best.place] = next[right];
    if (next[right] < count) previous[next[right]] = best.place;
    consider(previous[best.place]);
    consider(best.place);
  }
  std::erase(symbols, kGone);
}

}  // namespace clipwright::text::hugging_face
