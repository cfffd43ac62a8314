#include "text/bpe/vocabulary.h"

#include <zlib.h>

#include <memory>
#include <unordered_map>

#include "core/error.h"
#include "core/file.h"
#include "text/bpe/tokenizer.h"
#include "text/unicode/code_points.h"

namespace clipwright::text::bpe {
namespace {

constexpr int kMerges =
    kVocabularySize - kFirstMerge - 2;  // the last two ids are the start and end token
constexpr std::string_view kWordEnd = "</w>";

std::string read_compressed(const fs::path& path) {
  const std::string name = path.string();
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(name.c_str(), "rb"), gzclose);
  if (!file)
    fail_input("the vocabulary " + name + " cannot be opened", "bpe_simple_vocab_16e6.txt.gz");
  std::string text;
  char chunk[1 << 16];
  constexpr size_t kLargest = 64U << 20;
  int count;
  while ((count = gzread(file.get(), chunk, sizeof chunk)) > 0 && text.size() < kLargest) {
    text.append(chunk, static_cast<size_t>(count));
  }
  int state = Z_OK;
  gzerror(file.get(), &state);  // a file that ends too early shows only here
  if (count < 0 || state != Z_OK) {
    fail_input("the vocabulary " + name + " is damaged or not compressed",
               "bpe_simple_vocab_16e6.txt.gz");
  }
  return text;
}

/// The vocabulary file writes each byte as a printable character: those that are printable Latin-1
/// as themselves, the others as U+0100 and on. Ids follow the same order.
std::array<char32_t, 256> characters_in_order(std::array<uint8_t, 256>& bytes) {
  const auto printable = [](int b) {
    return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
  };
  std::array<char32_t, 256> characters{};
  size_t count = 0;
  for (int b = 0; b < 256; ++b) {
    if (!printable(b)) continue;
    bytes[count] = static_cast<uint8_t>(b);
    characters[count++] = static_cast<char32_t>(b);
  }
  char32_t next = 0x100;
  for (int b = 0; b < 256; ++b) {
    if (printable(b)) continue;
    bytes[count] = static_cast<uint8_t>(b);
    characters[count++] = next++;
  }
  return characters;
}

}  // namespace

void Vocabulary::add_pair(Symbol left, Symbol right, Symbol result) {
  const uint32_t key = pair_key(left, right);
  size_t slot = slot_of(key);
  while (pairs_[slot].result != kNoSymbol) slot = (slot + 1) & (kSlots - 1);
  pairs_[slot] = {key, result};
}

std::string Vocabulary::name_of(Symbol symbol) const {
  static const std::array<char32_t, 256> kCharacters = [] {
    std::array<uint8_t, 256> bytes{};
    const std::array<char32_t, 256> in_order = characters_in_order(bytes);
    std::array<char32_t, 256> of_byte{};
    for (size_t i = 0; i < 256; ++i) of_byte[bytes[i]] = in_order[i];
    return of_byte;
  }();
  std::string name;
  for (const char byte : bytes_of(symbol))
    unicode::append_utf8(kCharacters[static_cast<uint8_t>(byte)], name);
  if (ends_word(symbol)) name += kWordEnd;
  return name;
}

Vocabulary::Vocabulary(const std::filesystem::path& path) : pairs_(kSlots) {
  const std::string file = read_compressed(path);
  std::array<uint8_t, 256> bytes{};
  const std::array<char32_t, 256> characters = characters_in_order(bytes);
  std::unordered_map<std::string, Symbol> written;
  written.reserve(kVocabularySize);
  symbols_.reserve(kVocabularySize);
  for (const bool ends_word : {false, true}) {
    for (size_t i = 0; i < 256; ++i) {
      std::string name;
      unicode::append_utf8(characters[i], name);
      if (ends_word) name += kWordEnd;
      written.emplace(std::move(name), static_cast<Symbol>(symbols_.size()));
      if (!ends_word) byte_symbols_[bytes[i]] = static_cast<Symbol>(symbols_.size());
      symbols_.push_back({std::string(1, static_cast<char>(bytes[i])), ends_word});
    }
  }
  size_t position = file.find('\n') + 1;  // the first line is a version
  for (int merge = 0; merge < kMerges; ++merge) {
    const size_t end = file.find('\n', position);
    const std::string_view line =
        std::string_view(file).substr(position, end == std::string::npos ? end : end - position);
    const size_t space = line.find(' ');
    const auto left = written.find(std::string(line.substr(0, space)));
    const auto right =
        space == line.npos ? written.end() : written.find(std::string(line.substr(space + 1)));
    const auto result = static_cast<Symbol>(symbols_.size());
    if (position == 0 || left == written.end() || right == written.end() ||
        !written.emplace(left->first + right->first, result).second) {
      fail_input(path.string() + ", line " + std::to_string(merge + 2) +
                     ", is no merge of two known symbols",
                 "CLIP's vocabulary bpe_simple_vocab_16e6.txt.gz with " + std::to_string(kMerges) +
                     " merges");
    }
    add_pair(left->second, right->second, result);
    symbols_.push_back({symbols_[left->second].bytes + symbols_[right->second].bytes,
                        symbols_[right->second].ends_word});
    position = end == std::string::npos ? file.size() : end + 1;
  }
}

}  // namespace clipwright::text::bpe
