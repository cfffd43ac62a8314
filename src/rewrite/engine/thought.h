// Models that think before they answer write the thought into the reply: the answer is what stands
// behind it.
#pragma once

#include <string>
#include <string_view>

namespace clipwright::rewrite::engine {

/// A reply as it was written, taken apart.
struct Answer {
  std::string_view text;  ///< of the whole that was given; all of it where there is no thought
  bool behind_thought = false;  ///< a thought stood before it
  bool missing = false;         ///< there is nothing but a thought, ended or not
};

/// Knows `<think>...</think>` and its like (thinking, thought, reasoning, reflection; the marks of
/// Seed, Magistral, Kimi, Cohere, Gemma, OpenThinker), ended or not, and without the first mark
/// where the last is there; gpt-oss's channels, as they are and as they read when a tokenizer
/// leaves the marks out; and marks around the answer itself (`<answer>`).
Answer answer_of(std::string_view written);

/// The line that a reply is taken for: the answer up to its first line break.
struct AnswerLine {
  std::string_view text;
  bool ended = false;    ///< by a line break: whatever is written after it changes nothing
  bool missing = false;  ///< Answer::missing
};
/// `blanks_first`: blank lines may stand before the answer; behind a thought they always may.
AnswerLine line_of_answer(std::string_view written, bool blanks_first = false);

}  // namespace clipwright::rewrite::engine
