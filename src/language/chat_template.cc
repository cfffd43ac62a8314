#include "language/chat_template.h"

#include <llama.h>

#include <string>

#include "core/error.h"

namespace clipwright::language {

ChatFrame chat_frame(const LanguageModel& model) {
  const std::string where = model.path().string();
  const char* const written = llama_model_chat_template(model.handle(), nullptr);
  if (written == nullptr) {
    fail_input(where + ": holds no chat template (a base model, it seems)", "an instruct model",
               "Leave the chat template off (--chat off).");
  }
  // Rendered around a mark and cut there: a caption's own words never become control tokens.
  const std::string mark = "[clipwright message]";
  const llama_chat_message message{"user", mark.c_str()};
  std::string text(1 << 16, '\0');
  const int32_t size = llama_chat_apply_template(written, &message, 1, true, text.data(),
                                                 static_cast<int32_t>(text.size()));
  const size_t at = size <= 0 ? std::string::npos : text.find(mark);
  if (at == std::string::npos || static_cast<size_t>(size) > text.size()) {
    fail_input(where + ": its chat template is none that llama.cpp knows by sight",
               "ChatML, Llama, Gemma, Mistral, Phi or another common template",
               "Leave the chat template off (--chat off), or run the model in llama-server and use "
               "--engine openai --api chat.");
  }
  text.resize(static_cast<size_t>(size));
  return {model.tokenize(text.substr(0, at), true, ControlTokens::kRead),
          model.tokenize(text.substr(at + mark.size()), false, ControlTokens::kRead)};
}

}  // namespace clipwright::language
