// The text that a chat model expects around a user's message.
#pragma once

#include <cstdint>
#include <vector>

#include "language/language_model.h"

namespace clipwright::language {

/// Tokens before and after one user message, up to where the model answers; the template is the
/// file's own (tokenizer.chat_template).
struct ChatFrame {
  std::vector<int32_t> head;  ///< with the model's start token
  std::vector<int32_t> tail;
};
/// Throws Error(kInput) when the file holds no chat template, or one that llama.cpp does not know.
ChatFrame chat_frame(const LanguageModel& model);

}  // namespace clipwright::language
