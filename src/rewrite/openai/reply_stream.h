// Replies that come in pieces though nobody asked for a stream: server-sent events, JSON lines, a
// list of chunks.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"

namespace clipwright::rewrite::openai {

/// A reply's body as one JSON value, its pieces put together as if the server had sent them as one
/// (message and text of the first choice, finish_reason, usage, error). Pieces are those of the
/// OpenAI API, or Ollama's own. A discarded value where there is none, with the reason in `damage`:
/// no JSON, or a stream that ends before its end.
Json whole_reply(std::string_view body, std::string& damage);

}  // namespace clipwright::rewrite::openai
