// What is wrong with a rewrite by its form alone: preambles, copies, repetition, another language.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/words/reading.h"
#include "lexicon/word_table.h"

namespace clipwright::audit::words {

/// Word sequences of in-context examples.
class ExampleTexts {
 public:
  void add(std::string_view text);
  bool empty() const { return runs_.size() == 0; }
  /// True when the rewrite repeats a whole example, or a run of `kRun` of its words, that the
  /// source does not hold.
  bool copied(const lexicon::Words& source, const lexicon::Words& rewrite) const;

 private:
  static constexpr size_t kRun = 5;
  lexicon::WordTable runs_{1024};
};

/// "Here is the rewritten caption: ..." and other talk about the task.
bool starts_with_preamble(std::string_view source, std::string_view rewrite);
/// The same words in the same order, whatever case and punctuation.
bool same_words(const lexicon::Words& source, const lexicon::Words& rewrite);
/// A word three times in a row, a run of three words three times, or a run of four twice, more than
/// the source does it.
bool repeats_itself(const lexicon::Words& source, const lexicon::Words& rewrite);
/// A script the source does not use, or function words of another language instead of English ones.
bool changes_language(const Reading& source, const Reading& rewrite);

}  // namespace clipwright::audit::words
