// A tokenizer as Hugging Face's `tokenizers` package has them. Ids equal that package's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "text/hugging_face/added_tokens.h"
#include "text/hugging_face/normalizer.h"
#include "text/hugging_face/splitter.h"
#include "text/hugging_face/word_model.h"
#include "text/tokens/tokenizer.h"

namespace clipwright::text::hugging_face {

/// What is done to a text before its tokenizer sees it.
enum class Cleaning {
  kNone,
  kLowerCase,  ///< sentence-transformers' do_lower_case
  kRepaired,   ///< as open_clip's HFTokenizer: the steps of CLIP's tokenizer, case kept
};

struct TokenizerParts {
  AddedTokens raw;         ///< looked for in the text as it is
  AddedTokens normalized;  ///< looked for in what the normaliser leaves
  Normalizer normalizer;
  Splitter splitter{Splitter::Kind::kBert, false};
  std::unique_ptr<const WordModel> model;
  std::vector<int32_t> before, behind;  ///< of every text
  int32_t largest = 0;                  ///< id that it gives
  std::vector<NamedText> files;         ///< that it was read from, by name alone
};

class Tokenizer final : public tokens::Tokenizer {
 public:
  explicit Tokenizer(std::shared_ptr<const TokenizerParts> parts,
                     Cleaning cleaning = Cleaning::kNone)
      : parts_(std::move(parts)), cleaning_(cleaning) {}
  /// The same with other cleaning.
  std::shared_ptr<const Tokenizer> with(Cleaning cleaning) const {
    return std::make_shared<const Tokenizer>(parts_, cleaning);
  }

  bool encode(std::string_view text, std::vector<int32_t>& ids, int context_length) const override;

  /// Ids that every text has, whatever it says.
  int least_length() const {
    return static_cast<int>(parts_->before.size() + parts_->behind.size());
  }
  int32_t largest_id() const { return parts_->largest; }
  /// Names and contents of the files that make it.
  const std::vector<NamedText>& files() const { return parts_->files; }

 private:
  std::shared_ptr<const TokenizerParts> parts_;
  Cleaning cleaning_;
};

}  // namespace clipwright::text::hugging_face
