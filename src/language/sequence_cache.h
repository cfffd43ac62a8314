// Many texts growing side by side in one llama.cpp context, all forked from one prefix, with
// results that do not depend on company.
//
// Bit-equal logits whatever else is in flight need three things, since float sums depend on their
// grouping:
//  - every step feeds exactly one token of a text, also while its prompt is read, so no text's
//  shape depends on another's length;
//  - each text has its own cache, whose cell i holds position i: attention always adds the same
//  numbers in the same order, and
//    masked cells add exact zeros. One cache shared by all would place a text's cells by what else
//    is running;
//  - the columns of every product come in multiples of kColumns, because kernels treat a remainder
//  differently.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "language/language_model.h"

struct llama_context;

namespace clipwright::language {

class SequenceCache {
 public:
  static constexpr int kColumns = 4;
  static int most_sequences();

  /// Room for `sequences` texts (a multiple of kColumns, at most most_sequences()) of `cells`
  /// tokens each, prefix included; both may be rounded up, which changes no result. Throws
  /// Error(kFailed) when memory is short.
  SequenceCache(const LanguageModel& model, int sequences, int cells, int threads);
  ~SequenceCache();

  int cells() const { return cells_; }
  int sequences() const { return static_cast<int>(texts_.size()); }

  /// Computes the prefix that later forks begin with. Texts in flight keep theirs.
  void set_prefix(std::span<const int32_t> tokens);
  /// Makes a text hold exactly the prefix, free of cost when it began with the same one before.
  void fork(int text);

  /// The next token of one text; `wanted`: the logits after it are needed.
  struct Column {
    int text;
    int32_t token;
    bool wanted;
  };
  /// Feeds one token to each text named, in ascending order. Throws Error(kFailed) when the library
  /// gives up.
  void step(std::span<const Column> columns);
  /// Logits (V) after the token of the column-th entry of the last step; valid until the next.
  std::span<const float> logits(int column) const;

 private:
  struct Text {
    int64_t prefix = -1;
    int prefix_length = 0, length = 0;
  };
  struct Free {
    void operator()(llama_context* context) const;
  };
  void add(int32_t token, int position, int sequence, bool output);
  void decode();

  std::unique_ptr<llama_context, Free> context_;
  int vocabulary_size_, cells_ = 0;
  std::vector<Text> texts_;
  int64_t prefix_ = 0;
  int prefix_length_ = 0;
  std::vector<int> rows_;  ///< batch row of each column of the last step
  // The batch of the next decode call, row by row.
  std::vector<int32_t> tokens_, positions_, sequences_, counts_;
  std::vector<int32_t*> sequence_lists_;
  std::vector<int8_t> outputs_;
};

}  // namespace clipwright::language
