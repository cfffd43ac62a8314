// CLIP's byte-pair tokenizer: the one vocabulary every CLIP uses (49,408 entries). Ids equal
// open_clip's SimpleTokenizer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokens/tokenizer.h"

namespace clipwright::text::bpe {

constexpr int32_t kStartToken = 49406;
constexpr int32_t kEndToken = 49407;
constexpr int kVocabularySize = 49408;
constexpr int kContextLength = 77;

/// Texts without padding: text i is ids[offsets[i] .. offsets[i + 1]), each with its start and end
/// token.
struct PackedTexts {
  std::vector<int32_t> ids;
  std::vector<int32_t> offsets{0};  ///< one more than there are texts
  int64_t size() const { return static_cast<int64_t>(offsets.size()) - 1; }
};

class Tokenizer final : public tokens::Tokenizer {
 public:
  /// Reads bpe_simple_vocab_16e6.txt.gz. Throws Error(kInput) when it is not that file.
  explicit Tokenizer(const std::filesystem::path& vocabulary);
  /// The vocabulary that ships with the program.
  static const Tokenizer& standard();
  Tokenizer(Tokenizer&&) noexcept;
  ~Tokenizer() override;

  /// Cleans `text` (clean_text), splits and merges. Ids with start and end token, unpadded; a
  /// longer text is cut to `context_length` ids with the end token last. Appends to `ids`. True
  /// when nothing was cut. Thread-safe.
  bool encode(std::string_view text, std::vector<int32_t>& ids,
              int context_length = kContextLength) const override;
  std::vector<int32_t> encode(std::string_view text, int context_length = kContextLength) const;
  /// Appends one text to a packed list.
  void append(std::string_view text, PackedTexts& texts, int context_length = kContextLength) const;
  /// Cleaned text of ids (start and end dropped), for display.
  std::string decode(const std::vector<int32_t>& ids) const;

 private:
  struct Tables;
  std::unique_ptr<const Tables> tables_;
};

}  // namespace clipwright::text::bpe
