#include "rewrite/openai/openai_protocol.h"

#include "core/error.h"
#include "rewrite/engine/thought.h"
#include "rewrite/openai/reply_stream.h"
#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::openai {
namespace {

constexpr uint64_t kSeedMask = 0x7fffffff;  // the largest every server takes
constexpr int64_t kMostTokens = 10'000'000;
constexpr size_t kBytesPerToken = 4;  // as Engine::count_tokens has it

ParsedReply damaged(const std::string& why) {
  ParsedReply parsed;
  parsed.reply = {.status = engine::ReplyStatus::kFailed, .text = why, .error = "damaged"};
  parsed.damaged = true;
  return parsed;
}

const Json* member(const Json& json, const char* name) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(name);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

int tokens(const Json* usage, const char* name) {
  const Json* value = usage == nullptr ? nullptr : member(*usage, name);
  if (value == nullptr || !value->is_number_integer()) return 0;
  const auto count = value->get<int64_t>();
  return count < 0 || count > kMostTokens ? 0 : static_cast<int>(count);
}

/// What a choice says.
struct Written {
  std::string text;
  std::string thought;  ///< in a field or part of its own
};

/// A part of a message that is no answer: {"type": "thinking"}, {"type": "reasoning.text"}.
bool is_thought(const Json& part) {
  const Json* type = member(part, "type");
  if (type == nullptr || !type->is_string()) return false;
  const auto& name = type->get_ref<const std::string&>();
  return name.starts_with("think") || name.starts_with("reason");
}

/// A chat message's text: a string, a list of parts, or, where there is none, the refusal. False
/// for what is no message.
bool read_message(const Json& message, Written& written) {
  if (!message.is_object()) return false;
  for (const char* name : {"reasoning_content", "reasoning", "reasoning_details", "thinking"}) {
    const Json* thought = member(message, name);
    if (thought == nullptr || !written.thought.empty() || thought->empty()) continue;
    written.thought = thought->is_string() ? thought->get<std::string>() : to_line(*thought);
  }
  const Json* content = member(message, "content");
  if (content == nullptr) {
    const Json* refusal = member(message, "refusal");
    if (refusal != nullptr && refusal->is_string()) written.text = refusal->get<std::string>();
    return true;
  }
  if (content->is_string()) {
    written.text = content->get<std::string>();
    return true;
  }
  if (!content->is_array()) return false;
  for (const Json& part : *content) {
    if (is_thought(part)) {
      written.thought += to_line(part);
    } else if (const Json* piece = member(part, "text"); piece != nullptr && piece->is_string()) {
      written.text += piece->get<std::string>();
    }
  }
  return true;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// The text, or the thought where the model came to nothing else: in the text, beside it, or out of
/// sight (`hidden`).
void take_text(OpenAiApi api, const Written& written, bool hidden, const std::string& why,
               engine::Reply& reply) {
  const engine::AnswerLine line = engine::line_of_answer(written.text, api == OpenAiApi::kChat);
  const bool beside = (!written.thought.empty() || hidden) && is_blank(written.text);
  if (line.missing || beside) {
    reply.status = engine::ReplyStatus::kThought;
    reply.text = line.missing ? written.text : written.thought;
    return;
  }
  reply.text = line.text;
  if (why == "length" && !line.ended) reply.status = engine::ReplyStatus::kCut;
}

/// What is no reply: an error that pretends to be one, or something else.
ParsedReply no_reply(const ServerWords& words, const std::string& what, const Json& json) {
  if (words.status != 0) {
    ParsedReply parsed = damaged(words.message);
    parsed.refusal = words;
    return parsed;
  }
  return damaged(what + (words.message.empty() ? " in " + quoted_reason(to_line(json))
                                               : "; the server says: " + words.message));
}

}  // namespace

OpenAiApi parse_openai_api(std::string_view name) {
  if (name == "auto") return OpenAiApi::kAuto;
  if (name == "completions") return OpenAiApi::kCompletions;
  if (name == "chat") return OpenAiApi::kChat;
  fail_usage("--api " + std::string(name), "auto, completions or chat");
}

std::string_view name_of(OpenAiApi api) {
  return api == OpenAiApi::kChat ? "chat" : api == OpenAiApi::kAuto ? "auto" : "completions";
}

std::string_view path_of(OpenAiApi api) {
  return api == OpenAiApi::kChat ? "/chat/completions" : "/completions";
}

const std::set<std::string>& standard_fields() {
  static const std::set<std::string> fields = {"n", "seed", "stop", "presence_penalty",
                                               "frequency_penalty"};
  return fields;
}

const std::set<std::string>& extension_fields() {
  static const std::set<std::string> fields = {"top_k", "min_p", "repetition_penalty", "samplers"};
  return fields;
}

Json request_body(const OpenAiDialect& dialect, const engine::Request& request,
                  const language::Sampling& sampling) {
  Json body = {{"model", dialect.model}};
  if (dialect.api == OpenAiApi::kChat) {
    // A request without examples is an instruction already.
    body["messages"] = Json::array();
    if (!request.prefix.empty())
      body["messages"].push_back({{"role", "system"}, {"content", prompt::kChatInstruction}});
    body["messages"].push_back({{"role", "user"}, {"content", request.prefix + request.body}});
  } else {
    body["prompt"] = request.prefix + request.body;
  }
  body[dialect.token_limit] = sampling.max_tokens;
  body["temperature"] = sampling.temperature;
  body["top_p"] = sampling.top_p;
  body["stream"] = false;
  const auto say = [&](const char* name, Json value) {
    if (dialect.fields.contains(name)) body[name] = std::move(value);
  };
  if (dialect.says_stop) say("stop", Json::array({"\n"}));
  say("seed", request.seed & kSeedMask);
  say("n", 1);
  say("presence_penalty", 0);
  say("frequency_penalty", 0);
  say("top_k", -1);
  say("min_p", 0);
  say("repetition_penalty", 1);
  say("samplers", Json::array({"temperature", "top_p"}));
  return body;
}

ParsedReply parse_reply_body(OpenAiApi api, std::string_view body) {
  std::string damage;
  const Json json = whole_reply(body, damage);
  return json.is_discarded() ? damaged(damage) : parse_reply_json(api, json);
}

ParsedReply parse_reply_json(OpenAiApi api, const Json& json) {
  const Json* choices = member(json, "choices");
  if (choices == nullptr || !choices->is_array() || choices->empty())
    return no_reply(words_of(json),
                    choices != nullptr && choices->is_array() ? "an empty list of choices"
                                                              : "no list of choices",
                    json);
  const Json& choice = choices->front();
  const Json* finish = member(choice, "finish_reason");
  if (finish != nullptr && !finish->is_string())
    return damaged("a finish_reason that is no string");
  const std::string why = finish == nullptr ? "stop" : finish->get<std::string>();
  const Json* error = member(choice, "error");
  const bool failed = error != nullptr && !error->empty() && *error != "" && *error != false;
  if (failed || why == "error")
    return no_reply(words_of(failed ? choice : json), "a choice that ended with an error", json);
  Written written;
  if (api == OpenAiApi::kChat) {
    const Json* message = member(choice, "message");
    if (message == nullptr || !read_message(*message, written))
      return damaged("a choice without a message");
  } else {
    const Json* text = member(choice, "text");
    if (text == nullptr || !text->is_string()) return damaged("a choice without a text");
    written.text = text->get<std::string>();
  }
  ParsedReply parsed;
  engine::Reply& reply = parsed.reply;
  parsed.written = written.text.size() + written.thought.size();
  const Json* usage = member(json, "usage");
  reply.tokens_in = tokens(usage, "prompt_tokens");
  reply.tokens_out = tokens(usage, "completion_tokens");
  const Json* details = usage == nullptr ? nullptr : member(*usage, "completion_tokens_details");
  if (why == "content_filter") {
    reply.status = engine::ReplyStatus::kFailed;
    reply.error = "content-filter";
    return parsed;
  }
  take_text(api, written, tokens(details, "reasoning_tokens") > 0, why, reply);
  return parsed;
}

void estimate_tokens(const engine::Request& request, ParsedReply& parsed) {
  if (parsed.damaged) return;
  engine::Reply& reply = parsed.reply;
  const auto estimate = [&](int& tokens, size_t bytes) {
    // A prompt is never empty, so a server that says 0 does not count.
    if (tokens > 0 || bytes == 0) return;
    tokens = static_cast<int>(bytes / kBytesPerToken + 1);
    reply.tokens_estimated = true;
  };
  estimate(reply.tokens_in, request.prefix.size() + request.body.size());
  estimate(reply.tokens_out, parsed.written);
}

}  // namespace clipwright::rewrite::openai
