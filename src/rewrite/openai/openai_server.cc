#include "rewrite/openai/openai_server.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/words.h"
#include "rewrite/openai/model_list.h"
#include "rewrite/openai/retry_policy.h"

namespace clipwright::rewrite::openai {
namespace {

constexpr size_t kMostModelsShown = 10;
constexpr int kMostBusy = 5;
constexpr int kMostUnusable = 3;

/// The first of them, and how many more there are.
std::string first_models(const std::vector<std::string>& models) {
  if (models.size() <= kMostModelsShown) return listed(models);
  return listed(std::vector<std::string>(models.begin(), models.begin() + kMostModelsShown)) +
         ", and " + std::to_string(models.size() - kMostModelsShown) + " more";
}

[[noreturn]] void fail_unreachable(const OpenAiAddress& address, const std::string& reason) {
  fail_running(address.base + ": no answer (" + reason + ")", "an OpenAI-compatible server",
               "Start the server, or check --base-url.");
}

void pause(engine::MonotonicClock& clock, std::chrono::milliseconds duration) {
  if (interrupted())
    throw Error(ExitCode::kInterrupted, "interrupted while waiting for the server");
  clock.pause(duration);
}

bool is_missing(int status) {
  return status == 404 || status == 405 || status == 410 || status == 501;
}

/// GET until the server has finished loading.
HttpReply get_ready(HttpClient& client, const OpenAiAddress& address, const ProbeOptions& options,
                    engine::MonotonicClock& clock) {
  const auto until = clock.now() + options.patience;
  bool told = false;
  while (true) {
    HttpReply reply = client.ask({.url = address.models(), .body = {}});
    // A service with thousands of models; the name is checked by the first request then.
    if (reply.failure == HttpFailure::kTooLarge) return reply;
    if (reply.failure == HttpFailure::kRefused)
      fail_running(address.models() + ": " + judge(reply).reason, "a reply that can be used",
                   "Check --base-url and what stands before the server.");
    if (reply.failure != HttpFailure::kNone) fail_unreachable(address, reply.reason);
    if (reply.status != 503 && reply.status != 429 && reply.status != 502) return reply;
    if (clock.now() >= until) fail_unreachable(address, judge(reply).reason);
    if (!told) log_info(address.base + ": not ready (" + judge(reply).reason + "); waiting.");
    told = true;
    pause(clock, options.between);
  }
}

/// Looks at /models of each address. The first with a list of models is the server's; else it may
/// be any at which something is there, else any at all.
std::vector<OpenAiAddress> find_server(HttpClient& client,
                                       const std::vector<OpenAiAddress>& addresses,
                                       const ProbeOptions& options, engine::MonotonicClock& clock,
                                       HttpReply& models) {
  std::vector<OpenAiAddress> there;
  for (const OpenAiAddress& address : addresses) {
    HttpReply reply = get_ready(client, address, options, clock);
    if (reply.status == 401 || reply.status == 403) {
      fail_running(address.models() + ": " + judge(reply).reason, "to be let in",
                   "Put a valid key into OPENAI_API_KEY.");
    }
    const bool large = reply.failure == HttpFailure::kTooLarge;
    if (large || (reply.status == 200 && read_models(reply.body).is_list)) {
      models = std::move(reply);
      return {address};
    }
    if (!is_missing(reply.status)) there.push_back(address);
  }
  return there.empty() ? addresses : there;
}

void choose_model(const ProbeOptions& options, OpenAiServer& server) {
  const std::vector<std::string>& models = server.models;
  const std::string& base = server.address.base;
  if (options.model.empty()) {
    if (models.size() == 1) {
      server.dialect.model = models.front();
      return;
    }
    fail_usage(models.empty() ? base + " does not name its models"
                              : base + " has several models: " + first_models(models),
               "--model-name NAME");
  }
  server.dialect.model = options.model;
  if (models.empty() || lists(models, options.model)) return;
  const std::string near = nearest(options.model, models);
  fail_usage(base + " has no model '" + options.model + "'", "one of: " + first_models(models),
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

/// The optional field that a refusal is about: named in its words, else the least needed one left.
std::string refused_field(const OpenAiDialect& dialect, const std::string& body) {
  const Json json = try_json(body);
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

/// Whether a refusal says that this API, or anything, is not at this address.
bool is_elsewhere(const Judgement& judgement, const HttpReply& reply) {
  if (is_missing(judgement.status)) return true;
  return judgement.status == 400 && (reply.body.find("chat model") != std::string::npos ||
                                     reply.body.find("chat/completions") != std::string::npos);
}

[[noreturn]] void fail_refused(const std::string& url, const Judgement& judgement) {
  fail_running(url + ": " + judgement.reason, "a server that takes this request",
               judgement.status == 401 || judgement.status == 403
                   ? "Put a valid key into OPENAI_API_KEY."
               : judgement.status == 402 || judgement.status == 429
                   ? "The account has nothing left to pay with."
                   : "Check --base-url, --model-name and --api.");
}

/// A model that begins with a thought: it breaks lines long before its answer.
void let_think(OpenAiServer& server) {
  // Not of the fields: they are part of the recipe, which must not hang on one sampled token.
  server.dialect.says_stop = false;
  if (!server.dialect.fields.contains("stop")) return;
  log_info(server.address.base +
           ": the model thinks before it answers; requests go without a stop at line breaks, so "
           "that its thought can end.");
}

/// Tries one API at the server's address. Empty when the server takes requests; else why it seems
/// to have it elsewhere or not at all.
std::optional<std::string> settle(HttpClient& client, const ProbeOptions& options,
                                  engine::MonotonicClock& clock, OpenAiServer& server) {
  OpenAiDialect& dialect = server.dialect;
  language::Sampling sampling = options.sampling;
  sampling.max_tokens = 1;
  const engine::Request request{.body = "a dog =>", .seed = 1};
  const std::string url = server.address.generate(dialect.api);
  int busy = 0, unusable = 0;
  while (true) {
    const HttpReply reply =
        client.ask({.url = url, .body = to_line(request_body(dialect, request, sampling))});
    ParsedReply parsed;
    const Judgement judgement = judge(dialect.api, reply, parsed);
    switch (judgement.verdict) {
      case Verdict::kAnswer:
        if (parsed.reply.status == engine::ReplyStatus::kThought) let_think(server);
        return std::nullopt;
      case Verdict::kUnusable:
        if (++unusable >= kMostUnusable)
          fail_running(url + ": " + judgement.reason, "an OpenAI-compatible server",
                       "Check --base-url, --model-name and --api.");
        pause(clock, options.between);
        continue;
      case Verdict::kBusy:
      case Verdict::kRetry:
        if (reply.failure == HttpFailure::kUnreachable || ++busy > kMostBusy)
          fail_unreachable(server.address, judgement.reason);
        pause(clock, judgement.wait.value_or(options.between));
        continue;
      case Verdict::kStop:
      case Verdict::kGiveUp:
        break;
    }
    if (is_elsewhere(judgement, reply)) return url + ": " + judgement.reason;
    if (judgement.verdict == Verdict::kStop) fail_refused(url, judgement);
    if (reply.body.find("max_completion_tokens") != std::string::npos &&
        dialect.token_limit == "max_tokens") {
      dialect.token_limit = "max_completion_tokens";
      continue;
    }
    const std::string field = refused_field(dialect, reply.body);
    if (field.empty()) {
      fail_running(url + ": takes no request (" + judgement.reason + ")",
                   "temperature, top_p and a token limit as given",
                   "The server's words say what to change.");
    }
    dialect.fields.erase(field);
    server.dropped.push_back(field);
  }
}

void say_all_fields(OpenAiServer& server) {
  OpenAiDialect& dialect = server.dialect;
  dialect.says_stop = true;
  dialect.fields = standard_fields();
  dialect.fields.insert(extension_fields().begin(), extension_fields().end());
  // Elsewhere the word means something else or nothing.
  if (server.owner != "llamacpp") dialect.fields.erase("samplers");
  server.dropped.clear();
}

}  // namespace

OpenAiServer probe_server(HttpClient& client, const std::vector<OpenAiAddress>& addresses,
                          const ProbeOptions& options, engine::MonotonicClock& clock) {
  HttpReply models;
  const std::vector<OpenAiAddress> there = find_server(client, addresses, options, clock, models);
  OpenAiServer server{.address = there.front()};
  const ModelList list = read_models(models.body);
  server.models = list.names;
  server.owner = list.owner;
  choose_model(options, server);
  server.facts = facts_of(models.body, server.dialect.model);
  std::vector<OpenAiApi> apis = {options.api};
  if (options.api == OpenAiApi::kAuto) apis = {OpenAiApi::kCompletions, OpenAiApi::kChat};
  std::string reason;  // of the likeliest address, by its last API
  for (const OpenAiAddress& address : there) {
    server.address = address;
    std::string last;
    for (const OpenAiApi api : apis) {
      server.dialect.api = api;
      say_all_fields(server);
      const std::optional<std::string> elsewhere = settle(client, options, clock, server);
      if (!elsewhere) return server;
      last = *elsewhere;
    }
    if (reason.empty()) reason = last;
  }
  std::vector<std::string> tried;
  for (const OpenAiAddress& address : there) tried.push_back(address.base);
  fail_running(reason, "a server that takes this request",
               "Check --base-url (tried: " + listed(tried) + "), --model-name and --api.");
}

}  // namespace clipwright::rewrite::openai
