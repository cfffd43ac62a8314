#include "rewrite/openai/openai_server.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/words.h"
#include "rewrite/openai/retry_policy.h"

namespace clipwright::rewrite::openai {
namespace {

constexpr size_t kMostModelsShown = 10;
constexpr int kMostBusy = 5;

/// The first of them, and how many more there are.
std::string first_models(const std::vector<std::string>& models) {
  if (models.size() <= kMostModelsShown) return listed(models);
  return listed(std::vector<std::string>(models.begin(), models.begin() + kMostModelsShown)) +
         ", and " + std::to_string(models.size() - kMostModelsShown) + " more";
}

[[noreturn]] void fail_unreachable(const OpenAiAddress& address, const std::string& reason) {
  fail_running(address.root + ": no answer (" + reason + ")", "an OpenAI-compatible server",
               "Start the server, or check --base-url.");
}

void pause(engine::MonotonicClock& clock, std::chrono::milliseconds duration) {
  if (interrupted())
    throw Error(ExitCode::kInterrupted, "interrupted while waiting for the server");
  clock.pause(duration);
}

/// GET until the server has finished loading.
HttpReply get_ready(HttpClient& client, const OpenAiAddress& address, const std::string& url,
                    const ProbeOptions& options, engine::MonotonicClock& clock) {
  const auto until = clock.now() + options.patience;
  bool told = false;
  while (true) {
    HttpReply reply = client.ask({.url = url, .body = {}});
    // A service with thousands of models; the name is checked by the first request then.
    if (reply.failure == HttpFailure::kTooLarge) return reply;
    if (reply.failure != HttpFailure::kNone) fail_unreachable(address, reply.reason);
    if (reply.status != 503 && reply.status != 429 && reply.status != 502) return reply;
    if (clock.now() >= until) fail_unreachable(address, judge(reply).reason);
    if (!told) log_info(address.root + ": not ready (" + judge(reply).reason + "); waiting.");
    told = true;
    pause(clock, options.between);
  }
}

void read_models(const HttpReply& reply, OpenAiServer& server) {
  const Json json = Json::parse(reply.body, nullptr, false);
  if (!json.is_object() || !json.contains("data") || !json["data"].is_array()) return;
  for (const Json& model : json["data"]) {
    if (!model.is_object()) continue;
    if (model.contains("id") && model["id"].is_string())
      server.models.push_back(quoted_reason(model["id"].get<std::string>()));
    if (server.owner.empty() && model.contains("owned_by") && model["owned_by"].is_string())
      server.owner = quoted_reason(model["owned_by"].get<std::string>());
  }
}

/// A name says little of the weights behind it; some servers say more. Left out is what changes
/// from start to start ("created").
Json facts_of(const Json& models, const std::string& name) {
  Json facts = Json::object();
  if (!models.is_object() || !models.contains("data") || !models["data"].is_array()) return facts;
  for (const Json& model : models["data"]) {
    if (!model.is_object() || model.value("id", Json()) != Json(name)) continue;
    if (model.contains("root") && model["root"].is_string())
      facts["root"] = quoted_reason(model["root"].get<std::string>());
    const auto meta = model.find("meta");
    if (meta == model.end() || !meta->is_object()) continue;
    for (const char* fact : {"n_params", "n_vocab", "n_embd", "n_ctx_train", "size"}) {
      if (meta->contains(fact) && (*meta)[fact].is_number_integer()) facts[fact] = (*meta)[fact];
    }
  }
  return facts;
}

void choose_model(const OpenAiAddress& address, const ProbeOptions& options, OpenAiServer& server) {
  const std::vector<std::string>& models = server.models;
  if (options.model.empty()) {
    if (models.size() == 1) {
      server.dialect.model = models.front();
      return;
    }
    fail_usage(models.empty() ? address.root + " does not list its models"
                              : address.root + " has several models: " + first_models(models),
               "--model-name NAME");
  }
  server.dialect.model = options.model;
  if (models.empty() || std::find(models.begin(), models.end(), options.model) != models.end())
    return;
  const std::string near = nearest(options.model, models);
  fail_usage(address.root + " has no model '" + options.model + "'",
             "one of: " + first_models(models), near.empty() ? "" : "Did you mean '" + near + "'?");
}

/// The optional field that a refusal is about: named in its words, else the least needed one left.
std::string refused_field(const OpenAiDialect& dialect, const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  const auto error = json.is_object() ? json.find("error") : json.end();
  const Json& at = json.is_object() && error != json.end() && error->is_object() ? *error : json;
  std::string words = body;  // of the server; the names of its own fields are none
  if (at.is_object()) {
    words.clear();
    for (const char* name : {"param", "message", "detail", "error"}) {
      if (at.contains(name) && !at[name].is_null())
        words += " " + (at[name].is_string() ? at[name].get<std::string>() : to_line(at[name]));
    }
  }
  const auto is_part = [&](size_t i) {
    return i < words.size() &&
           (std::isalnum(static_cast<unsigned char>(words[i])) != 0 || words[i] == '_');
  };
  for (const std::string& field : dialect.fields) {
    // A short name may be a word of English: "stop", "n" and "seed" count in quotes, after a colon
    // or alone.
    for (const char* before : {"'", "\"", "`", ": "}) {
      const size_t found = words.find(before + field);
      if (found != std::string::npos &&
          !is_part(found + std::string_view(before).size() + field.size()))
        return field;
    }
    if (words == " " + field) return field;
  }
  for (const char* field : {"samplers", "repetition_penalty", "min_p", "top_k", "presence_penalty",
                            "frequency_penalty", "n", "seed", "stop"}) {
    if (dialect.fields.contains(field)) return field;
  }
  return {};
}

bool about_other_api(const HttpReply& reply) {
  if (reply.status == 404 || reply.status == 405 || reply.status == 501) return true;
  return reply.status == 400 && (reply.body.find("chat model") != std::string::npos ||
                                 reply.body.find("chat/completions") != std::string::npos);
}

/// Tries one API. True when the server answers; false when it seems to have only the other one.
bool settle(HttpClient& client, const OpenAiAddress& address, const ProbeOptions& options,
            engine::MonotonicClock& clock, OpenAiServer& server) {
  OpenAiDialect& dialect = server.dialect;
  language::Sampling sampling = options.sampling;
  sampling.max_tokens = 1;
  const engine::Request request{.body = "a dog =>", .seed = 1};
  int busy = 0;
  while (true) {
    const HttpReply reply = client.ask({.url = address.generate(dialect.api),
                                        .body = to_line(request_body(dialect, request, sampling))});
    const Judgement judgement = judge(reply);
    if (judgement.verdict == Verdict::kAnswer) {
      const ParsedReply parsed = parse_reply_body(dialect.api, reply.body);
      if (!parsed.damaged) return true;
      fail_running(address.generate(dialect.api) + ": " + parsed.reply.text,
                   "an OpenAI-compatible server", "Check --base-url and --api.");
    }
    if (judgement.verdict == Verdict::kBusy || judgement.verdict == Verdict::kRetry) {
      if (reply.failure == HttpFailure::kUnreachable || ++busy > kMostBusy)
        fail_unreachable(address, judgement.reason);
      pause(clock, judgement.wait.value_or(options.between));
      continue;
    }
    if (options.api == OpenAiApi::kAuto && dialect.api == OpenAiApi::kCompletions &&
        about_other_api(reply))
      return false;
    if (judgement.verdict == Verdict::kStop) {
      fail_running(address.generate(dialect.api) + ": " + judgement.reason,
                   "a server that takes this request",
                   reply.status == 401 || reply.status == 403
                       ? "Put a valid key into OPENAI_API_KEY."
                       : "Check --base-url, --model-name and --api.");
    }
    if (reply.body.find("max_completion_tokens") != std::string::npos &&
        dialect.token_limit == "max_tokens") {
      dialect.token_limit = "max_completion_tokens";
      continue;
    }
    const std::string field = refused_field(dialect, reply.body);
    if (field.empty()) {
      fail_running(address.generate(dialect.api) + ": takes no request (" + judgement.reason + ")",
                   "temperature, top_p and a token limit as given",
                   "The server's words say what to change.");
    }
    dialect.fields.erase(field);
    server.dropped.push_back(field);
  }
}

}  // namespace

OpenAiAddress::OpenAiAddress(const std::string& base_url) : root(base_url) {
  if (root.rfind("http://", 0) != 0 && root.rfind("https://", 0) != 0) {
    fail_usage("--base-url " + (root.empty() ? "is missing" : "'" + root + "'"),
               "an address such as http://127.0.0.1:8080");
  }
  const size_t host = root.find("://") + 3;
  if (root.substr(host, root.find('/', host) - host).find('@') != std::string::npos)
    fail_usage("--base-url holds a name or password", "an address without them",
               "Put the key into OPENAI_API_KEY.");
  while (root.ends_with('/')) root.pop_back();
  if (root.ends_with("/v1")) root.resize(root.size() - 3);
}

OpenAiServer probe_server(HttpClient& client, const OpenAiAddress& address,
                          const ProbeOptions& options, engine::MonotonicClock& clock) {
  OpenAiServer server;
  const HttpReply models = get_ready(client, address, address.models(), options, clock);
  if (models.status == 401 || models.status == 403) {
    fail_running(address.models() + ": " + judge(models).reason, "to be let in",
                 "Put a valid key into OPENAI_API_KEY.");
  }
  if (models.status == 200) read_models(models, server);
  choose_model(address, options, server);
  OpenAiDialect& dialect = server.dialect;
  server.facts = facts_of(Json::parse(models.body, nullptr, false), dialect.model);
  dialect.api = options.api == OpenAiApi::kChat ? OpenAiApi::kChat : OpenAiApi::kCompletions;
  const auto all_fields = [&] {
    dialect.fields = standard_fields();
    dialect.fields.insert(extension_fields().begin(), extension_fields().end());
    // Elsewhere the word means something else or nothing.
    if (server.owner != "llamacpp") dialect.fields.erase("samplers");
    server.dropped.clear();
  };
  all_fields();
  if (!settle(client, address, options, clock, server)) {
    dialect.api = OpenAiApi::kChat;
    all_fields();
    settle(client, address, options, clock, server);
  }
  return server;
}

}  // namespace clipwright::rewrite::openai
