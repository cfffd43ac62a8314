// Example pairs from a chat model (LaCLIP, section 3.2): a sample of captions, each rewritten by
// the model on request.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "records/caption_source.h"
#include "rewrite/engine/engine.h"
#include "rewrite/examples/example_draft.h"

namespace clipwright::rewrite::examples {

/// The paper's prompt; the caption follows after a blank.
constexpr std::string_view kVividPrompt =
    "Rewrite this caption of an image vividly, and keep it less than thirty words:";

struct ChatExamplesOptions {
  size_t count = 16;
  uint64_t seed = 0;  ///< decides which captions are asked for, and the model's draws
  language::Sampling sampling;
  int attempts = 3;  ///< a caption, before another one takes its place
  std::string prompt = std::string(kVividPrompt);
};

struct ChatExamples {
  ExampleDraft draft;
  std::map<std::string, int64_t> outcomes;  ///< replies by status: accepted, rejected:<reason>
};

/// Draws captions keyed by the seed and asks the engine for each until `count` pairs are good: not
/// rejected by parse_reply, under thirty words, no repeats. The captions are the same whatever
/// order replies come in. Throws Error(kInput) when the captions do not suffice, Error(kFailed)
/// when hardly any reply is usable, and what the engine throws.
ChatExamples chat_examples(const records::CaptionSource& captions,
                           const ChatExamplesOptions& options, engine::Engine& engine);

}  // namespace clipwright::rewrite::examples
