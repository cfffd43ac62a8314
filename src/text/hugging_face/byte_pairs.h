// GPT-2's byte-pair encoding: a word's bytes, merged by learned rules, the earliest first.
#pragma once

#include <array>
#include <string>
#include <utility>

#include "text/hugging_face/word_model.h"

namespace clipwright::text::hugging_face {

/// Both sides of a merge, as files write them: a printable character a byte.
using Merge = std::pair<std::string, std::string>;

class BytePairs final : public WordModel {
 public:
  struct Settings {
    int32_t unknown = -1;      ///< of a byte that is no word; -1: such bytes are left out
    bool whole_words = false;  ///< a word that is known is one token, whatever the rules say
  };
  /// `words` are written a printable character a byte too. Throws Error(kInput) naming `where` for
  /// a merge of or into what is no word.
  BytePairs(const Words& words, const std::vector<Merge>& merges, const Settings& settings,
            const std::string& where);

  void encode(std::string_view word, std::vector<int32_t>& ids) const override;

 private:
  struct Result {
    int32_t rank, id;
  };
  static uint64_t pair_of(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }
  void merge(std::vector<int32_t>& symbols) const;

  std::array<int32_t, 256> bytes_{};  ///< -1: no word
  std::unordered_map<uint64_t, Result> pairs_;
  Words whole_;  ///< by their bytes, where `whole_words`
  Settings settings_;
};

}  // namespace clipwright::text::hugging_face
