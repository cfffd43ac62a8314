// The OpenAI-compatible wire format: what a request says and what a reply may say. Used over HTTP
// and in batch files (docs/engines.md).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "rewrite/engine/engine.h"
#include "rewrite/openai/server_words.h"

namespace clipwright::rewrite::openai {

enum class OpenAiApi {
  kAuto,         ///< completions where the server has them for this model, else chat
  kCompletions,  ///< /v1/completions: base models, and servers that take plain prompts
  kChat,         ///< /v1/chat/completions: instruct models behind their chat template
};
/// "auto", "completions", "chat". Throws Error(kUsage).
OpenAiApi parse_openai_api(std::string_view name);
std::string_view name_of(OpenAiApi api);
/// "/completions" or "/chat/completions", below the base URL.
std::string_view path_of(OpenAiApi api);

/// What a server understands beyond model, prompt, temperature, top_p and a token limit.
struct OpenAiDialect {
  OpenAiApi api = OpenAiApi::kCompletions;
  std::string model;
  std::string token_limit = "max_tokens";  ///< or max_completion_tokens
  std::set<std::string> fields;            ///< of optional_fields()
  /// Say `stop`, where it is among the fields. Changes what is paid for and no text, as a text ends
  /// at its line break anyway.
  bool says_stop = true;
};

/// Fields every OpenAI-compatible server should know: n, seed, stop, and the two penalties.
const std::set<std::string>& standard_fields();
/// Fields that switch off what some servers do by default (top_k 40, min_p 0.05, a repetition
/// penalty from the model's folder, llama-server's order of samplers).
const std::set<std::string>& extension_fields();

/// The body of a request. Every sampling field is said, so that no server's default decides.
Json request_body(const OpenAiDialect& dialect, const engine::Request& request,
                  const language::Sampling& sampling);

/// What came back with a good status. Never trusts: anything unexpected is `damaged`.
struct ParsedReply {
  engine::Reply reply;  ///< seconds not filled in
  std::optional<ServerWords>
      refusal;           ///< an error with a meaning, in a reply that pretends to be good
  bool damaged = false;  ///< worth another try; `reply.text` says what is wrong
  size_t written = 0;    ///< bytes the model wrote, as far as they were sent
};
/// Of a body as one JSON value or in pieces (whole_reply). The text is the answer's first line:
/// what stands before it as a thought, in the text or in a field of its own, is left out.
ParsedReply parse_reply_body(OpenAiApi api, std::string_view body);
ParsedReply parse_reply_json(OpenAiApi api, const Json& json);
/// Fills in the token counts that a server left out: a token for 4 bytes, and says so in the reply.
void estimate_tokens(const engine::Request& request, ParsedReply& parsed);

}  // namespace clipwright::rewrite::openai
