#include "text/bpe/tokenizer.h"

#include <algorithm>
#include <array>
#include <span>

#include "core/error.h"
#include "core/file.h"
#include "text/bpe/byte_pairs.h"
#include "text/bpe/single_token_words.h"
#include "text/bpe/vocabulary.h"
#include "text/bpe/word_memory.h"
#include "text/bpe/word_split.h"
#include "text/repair/clean.h"
#include "text/repair/plain_text.h"

namespace clipwright::text::bpe {

struct Tokenizer::Tables {
  explicit Tables(const std::filesystem::path& path) : vocabulary(path), words(vocabulary) {}
  Vocabulary vocabulary;
  SingleTokenWords words;
  mutable WordMemory memory;
  const unicode::CharacterKinds& kinds = unicode::CharacterKinds::standard();
};

namespace {

/// Turns the pieces of one text into ids until there are more than enough.
template <typename Tables>
class Encoder {
 public:
  Encoder(const Tables& tables, std::vector<int32_t>& ids, size_t most)
      : tables_(tables), ids_(ids), most_(most) {}

  /// Lower-case ASCII with ShortWord::kLongest readable bytes behind it.
  void encode_plain(std::string_view text) {
    for (size_t i = 0; i < text.size() && ids_.size() <= most_;) {
      const size_t length = match_piece(text.substr(i), tables_.kinds);
      if (length != 0) encode_piece(text.substr(i, length));
      i += std::max<size_t>(length, 1);
    }
  }

  void encode_cleaned(unicode::CodePointView text) {
    std::string piece;
    for (size_t i = 0; i < text.size() && ids_.size() <= most_;) {
      const size_t length = match_piece(text.substr(i), tables_.kinds);
      if (length != 0) {
        piece.clear();
        for (const char32_t c : text.substr(i, length)) unicode::append_utf8(c, piece);
        const size_t size = piece.size();
        piece.append(ShortWord::kLongest, '\0');
        encode_piece(std::string_view(piece).substr(0, size));
      }
      i += std::max<size_t>(length, 1);
    }
  }

 private:
  void encode_piece(std::string_view piece) {
    if (piece.size() > ShortWord::kLongest) {
      append(encode_symbols(piece));
      return;
    }
    // Zero bytes, which would look like padding, do not survive the cleaning.
    const ShortWord word = ShortWord::load(piece.data(), piece.size());
    if (const Symbol token = tables_.words.find(word); token != kNoSymbol) {
      ids_.push_back(token);
    } else if (const auto tokens = tables_.memory.find(word); !tokens.empty()) {
      append(tokens);
    } else {
      append(encode_symbols(piece));
      tables_.memory.remember(word, symbols_);
    }
  }

  void append(std::span<const Symbol> tokens) {
    ids_.insert(ids_.end(), tokens.begin(), tokens.end());
  }

  std::span<const Symbol> encode_symbols(std::string_view piece) {
    symbols_.clear();
    if (piece == kStartText) {
      symbols_.push_back(kStartToken);
    } else if (piece == kEndText) {
      symbols_.push_back(kEndToken);
    } else {
      encode_word(tables_.vocabulary, piece, symbols_);
    }
    return symbols_;
  }

  const Tables& tables_;
  std::vector<int32_t>& ids_;
  size_t most_;
  std::vector<Symbol> symbols_;
};

}  // namespace

Tokenizer::Tokenizer(const std::filesystem::path& vocabulary)
    : tables_(std::make_unique<const Tables>(vocabulary)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

const Tokenizer& Tokenizer::standard() {
  static const Tokenizer tokenizer(shared_file("bpe_simple_vocab_16e6.txt.gz"));
  return tokenizer;
}

bool Tokenizer::encode(std::string_view text, std::vector<int32_t>& ids, int context_length) const {
  if (context_length < 1)
    fail_usage("a context length of " + std::to_string(context_length), "at least 1");
  const size_t start = ids.size();
  const size_t most = start + static_cast<size_t>(context_length) - 1;
  ids.push_back(kStartToken);
  Encoder encoder(*tables_, ids, most);
  constexpr size_t kOnStack = 1024;
  std::array<char, kOnStack + ShortWord::kLongest> buffer;
  std::string long_text;
  char* lower = buffer.data();
  if (text.size() > kOnStack) {
    long_text.resize(text.size() + ShortWord::kLongest);
    lower = long_text.data();
  }
  if (repair::lower_plain_text(text, lower)) {
    encoder.encode_plain({lower, text.size()});
  } else {
    encoder.encode_cleaned(repair::clean_code_points(unicode::decode_utf8(text)));
  }
  const bool whole = ids.size() <= most;
  if (!whole) ids.resize(most);
  ids.push_back(kEndToken);
  return whole;
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, int context_length) const {
  std::vector<int32_t> ids;
  encode(text, ids, context_length);
  return ids;
}

void Tokenizer::append(std::string_view text, PackedTexts& texts, int context_length) const {
  encode(text, texts.ids, context_length);
  texts.offsets.push_back(static_cast<int32_t>(texts.ids.size()));
}

std::string Tokenizer::decode(const std::vector<int32_t>& ids) const {
  std::string bytes;
  for (const int32_t id : ids) {
    if (id < 0 || static_cast<size_t>(id) >= tables_->vocabulary.size()) continue;
    bytes += tables_->vocabulary.bytes_of(static_cast<Symbol>(id));
    if (tables_->vocabulary.ends_word(static_cast<Symbol>(id))) bytes.push_back(' ');
  }
  while (!bytes.empty() && bytes.back() == ' ') bytes.pop_back();
  // Ids may part a character.
  return unicode::encode_utf8(unicode::decode_utf8(bytes));
}

}  // namespace clipwright::text::bpe
