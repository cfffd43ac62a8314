// From what a model wrote to a rewrite or a reason why it is none.
#pragma once

#include <string>
#include <string_view>

#include "rewrite/engine/engine.h"
#include "rewrite/prompt/prompt.h"
#include "rewrite/prompt/text_form.h"

namespace clipwright::rewrite::engine {

enum class Outcome {
  kAccepted,
  kEmpty,
  kTooShort,  ///< fewer than two words: LaCLIP's training rule would not use it
  kTooLong,   ///< did not end within the allowed tokens, or over 40 words and longer than the
              ///< caption
  kSeveralLines,
  kPreamble,       ///< "Here is ...", "Sure, ...", "Caption: ..."
  kRefused,        ///< "I cannot ...", "As an AI ..."
  kPromptLeak,     ///< holds the prompt's arrow or its instruction
  kCopyOfSource,   ///< the caption itself, but for case and punctuation
  kCopyOfExample,  ///< repeats an example of the prompt
  kWrongScript,    ///< mostly letters of a script that the caption does not use
  kNotUtf8,
};

/// "accepted", or "rejected:<reason>" as it stands in the ledger.
std::string_view status_of(Outcome outcome);

struct Rewrite {
  Outcome outcome = Outcome::kAccepted;
  std::string text;  ///< cleaned; also of what was rejected
};

/// Cleans a reply (blanks, one pair of quotes around it) and judges it. Says nothing about meaning:
/// that is the audit's work.
Rewrite parse_reply(const Reply& reply, std::string_view source,
                    const prompt::ExampleTriple& examples);

}  // namespace clipwright::rewrite::engine
