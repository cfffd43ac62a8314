// WordPiece: the longest known beginning of a word, then that of its rest.
#pragma once

#include <cstddef>

#include "text/hugging_face/word_model.h"

namespace clipwright::text::hugging_face {

class WordPieces final : public WordModel {
 public:
  /// `prefix` marks pieces that go on ("##"). A word with a part that no piece begins with, and one
  /// of more than `longest` characters, is `unknown`.
  WordPieces(Words words, std::string prefix, int32_t unknown, size_t longest);

  void encode(std::string_view word, std::vector<int32_t>& ids) const override;

 private:
  Words begins_, goes_on_;  ///< pieces without their prefix
  int32_t unknown_;
  size_t longest_, longest_piece_ = 0;  ///< in characters, in bytes
};

}  // namespace clipwright::text::hugging_face
