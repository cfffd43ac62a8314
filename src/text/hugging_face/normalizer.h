// The first thing a tokenizer does to a text: unwanted characters, forms of Unicode, accents, case.
#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "text/unicode/code_points.h"

namespace clipwright::text::hugging_face {

class Normalizer {
 public:
  /// Leaves every text as it is.
  Normalizer() = default;
  /// The "normalizer" of a tokenizer.json: null, BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase,
  /// StripAccents or a Sequence of these. Throws Error(kInput) naming `where` for any other.
  Normalizer(const Json& description, const std::string& where);
  /// BERT's, for files that say it in other words.
  static Normalizer bert(bool chinese, bool accents, bool lower_case);

  void apply(unicode::CodePoints& text) const;

 private:
  enum class Step { kClean, kChinese, kAccents, kLowerCase, kNfc, kNfd, kNfkc, kNfkd, kMarks };
  void add(const Json& description, const std::string& where, int depth);

  std::vector<Step> steps_;
};

}  // namespace clipwright::text::hugging_face
