// What a chat model is told besides the few-shot prompt.
#pragma once

#include <string_view>

namespace clipwright::rewrite::prompt {

/// Wording number, part of an engine's identity: it changes with any byte of the instruction.
constexpr int kChatPromptVersion = 1;
constexpr const char* kChatInstruction =
    "Continue the user's text as its pattern shows. Answer with the missing end of its last line "
    "only: one line, no quotes, no explanation.";

}  // namespace clipwright::rewrite::prompt
