#include "rewrite/openai/openai_protocol.h"

#include "core/error.h"
#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::openai {
namespace {

constexpr uint64_t kSeedMask = 0x7fffffff;  // the largest every server takes
constexpr int64_t kMostTokens = 10'000'000;

ParsedReply damaged(const std::string& why) {
  return {{.status = engine::ReplyStatus::kFailed, .text = why, .error = "damaged"}, true};
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

/// A chat message's text: a string, a list of parts, or, where there is none, the refusal.
bool message_text(const Json& message, std::string& text) {
  const Json* content = member(message, "content");
  if (content == nullptr) {
    const Json* refusal = member(message, "refusal");
    if (refusal != nullptr && refusal->is_string()) text = refusal->get<std::string>();
    return message.is_object();
  }
  if (content->is_string()) {
    text = content->get<std::string>();
    return true;
  }
  if (!content->is_array()) return false;
  for (const Json& part : *content) {
    if (const Json* piece = member(part, "text"); piece != nullptr && piece->is_string())
      text += piece->get<std::string>();
  }
  return true;
}

/// Cuts at the first line break; true when there was one. A chat model may begin with blank lines.
bool cut_line(OpenAiApi api, std::string& text) {
  if (api == OpenAiApi::kChat)
    text.erase(0, std::min(text.size(), text.find_first_not_of(" \r\n")));
  const size_t end = text.find('\n');
  if (end == std::string::npos) return false;
  text.resize(end);
  return true;
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
  say("stop", Json::array({"\n"}));
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
  const Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return damaged("no valid JSON");
  return parse_reply_json(api, json);
}

ParsedReply parse_reply_json(OpenAiApi api, const Json& json) {
  const Json* choices = member(json, "choices");
  if (choices == nullptr || !choices->is_array()) return damaged("no list of choices");
  if (choices->empty()) return damaged("an empty list of choices");
  const Json& choice = choices->front();
  ParsedReply parsed;
  engine::Reply& reply = parsed.reply;
  if (api == OpenAiApi::kChat) {
    const Json* message = member(choice, "message");
    if (message == nullptr || !message_text(*message, reply.text))
      return damaged("a choice without a message");
  } else {
    const Json* text = member(choice, "text");
    if (text == nullptr || !text->is_string()) return damaged("a choice without a text");
    reply.text = text->get<std::string>();
  }
  const Json* finish = member(choice, "finish_reason");
  if (finish != nullptr && !finish->is_string())
    return damaged("a finish_reason that is no string");
  const std::string why = finish == nullptr ? "stop" : finish->get<std::string>();
  const bool line_ended = cut_line(api, reply.text);
  const Json* usage = member(json, "usage");
  reply.tokens_in = tokens(usage, "prompt_tokens");
  reply.tokens_out = tokens(usage, "completion_tokens");
  if (why == "content_filter") {
    reply.status = engine::ReplyStatus::kFailed;
    reply.text.clear();
    reply.error = "content-filter";
  } else if (why == "length" && !line_ended) {
    reply.status = engine::ReplyStatus::kCut;
  }
  return parsed;
}

}  // namespace clipwright::rewrite::openai
