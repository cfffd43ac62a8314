#include "rewrite/openai/batch_engine.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/log.h"
#include "rewrite/openai/server_words.h"
#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::openai {
namespace {

constexpr size_t kMostModeBytes = 20;

std::string text_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Why a result holds no answer.
std::string error_of(const Json& line) {
  const auto words = [](const Json& error) {
    std::string code = error.is_object() ? text_at(error, "code") : std::string();
    const std::string said = words_of(error).message;
    if (!code.empty() && !said.empty()) code += ": ";
    return code.empty() && said.empty() ? to_line(error) : code + said;
  };
  if (line.contains("response") && line["response"].is_object()) {
    const Json& response = line["response"];
    const Json status = response.value("status_code", Json());
    const Json body = response.value("body", Json());
    return "batch: http " + to_line(status) + ": " +
           words(body.is_object() && body.contains("error") ? body["error"] : body);
  }
  return "batch: " + words(line.value("error", Json()));
}

}  // namespace

BatchEngine::BatchEngine(const BatchOptions& options) : options_(options) {
  if (options.folder.empty())
    fail_usage("--engine batch was given no folder", "--batch-dir DIR for requests and results");
  if (options.model.empty())
    fail_usage("--engine batch was given no model", "--model-name NAME, as the requests name it");
  dialect_.api = options.api == OpenAiApi::kChat ? OpenAiApi::kChat : OpenAiApi::kCompletions;
  dialect_.model = options.model;
  dialect_.fields = standard_fields();
  make_folder(options.folder);
}

Json BatchEngine::identity() const {
  Json identity = {{"engine", "batch"}, {"model", dialect_.model}, {"api", name_of(dialect_.api)}};
  if (!options_.revision.empty()) identity["revision"] = options_.revision;
  if (dialect_.api == OpenAiApi::kChat) identity["chat_prompt"] = prompt::kChatPromptVersion;
  return identity;
}

std::string BatchEngine::custom_id(const engine::Request& request, const Json& body) {
  std::string mode = request.mode.substr(0, kMostModeBytes);
  for (char& letter : mode) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       (letter >= '0' && letter <= '9') || letter == '-';
    if (!plain) letter = '_';
  }
  const std::string attempt = std::to_string(request.attempt);
  const std::string all =
      request.mode + '\0' + attempt + '\0' + request.source + '\0' + to_line(body);
  return mode + "." + attempt + "." + hex(sha256(all)).substr(0, 32);
}

engine::Reply BatchEngine::reply_of(const engine::Request& request, const Json& line) {
  const auto response = line.find("response");
  if (response != line.end() && response->is_object() &&
      response->value("status_code", Json(200)) == Json(200) && response->contains("body")) {
    ParsedReply parsed = parse_reply_json(dialect_.api, (*response)["body"]);
    counts_.errors += parsed.reply.status == engine::ReplyStatus::kFailed ? 1 : 0;
    if (parsed.refusal) {
      parsed.reply.error = "batch";
      parsed.reply.text =
          "batch: error " + std::to_string(parsed.refusal->status) + ": " + parsed.refusal->message;
    }
    estimate_tokens(request, parsed);
    return std::move(parsed.reply);
  }
  ++counts_.errors;
  return {.status = engine::ReplyStatus::kFailed,
          .text = quoted_reason(error_of(line)),
          .error = "batch"};
}

std::string BatchEngine::without_thought() const {
  return "Turn thinking off where the requests are answered, or take a model that answers at once; "
         "--api completions asks without a chat template, and --max-tokens 2000, say, gives a "
         "thought room to end.";
}

void BatchEngine::run(engine::RequestQueue& queue, const language::Sampling& sampling,
                      engine::ReplySink& sink) {
  counts_ = {};
  BatchRequestWriter writer(options_.folder, options_.limits);
  BatchKeys asked = read_asked(options_.folder);
  const BatchResults results(options_.folder);
  counts_.damaged = results.damaged();
  counts_.duplicates = results.duplicates();
  const std::string url = "/v1" + std::string(path_of(dialect_.api));
  while (std::optional<engine::Request> request = queue.next()) {
    const Json body = request_body(dialect_, *request, sampling);
    const std::string id = custom_id(*request, body);
    const BatchKey key(id);
    const bool new_to_us = asked.insert(key).second;
    if (const std::optional<Json> line = results.find(key)) {
      ++counts_.answered;
      sink.put(*request, reply_of(*request, *line));
      continue;
    }
    if (new_to_us) {
      writer.add(id, url, body);
      ++counts_.written;
    }
    sink.put(*request, {.status = engine::ReplyStatus::kMissing});
  }
  writer.commit();
  counts_.waiting = static_cast<int64_t>(asked.size());
  for (const BatchKey& key : results.keys()) {
    if (asked.contains(key)) {
      --counts_.waiting;
    } else {
      ++counts_.unknown;
    }
  }
  report(writer.written());
}

void BatchEngine::report(const std::vector<fs::path>& written) const {
  if (counts_.damaged + counts_.duplicates + counts_.unknown > 0) {
    log_warning("batch: of the results " + with_commas(counts_.damaged) + " lines are damaged, " +
                with_commas(counts_.duplicates) + " repeat an earlier one, " +
                with_commas(counts_.unknown) + " answer nothing that was asked.");
  }
  std::string text = "batch: " + with_commas(counts_.answered) + " answers used";
  if (counts_.errors > 0) text += " (" + with_commas(counts_.errors) + " of them errors)";
  text += ", " + with_commas(counts_.written) + " new requests";
  if (!written.empty()) {
    text += " in " + written.front().string();
    if (written.size() > 1) text += " to " + written.back().filename().string();
  }
  text += "; " + with_commas(counts_.waiting) + " wait for answers.";
  if (counts_.waiting > 0) {
    text += " Have the requests answered, put the answers into " + options_.folder.string() +
            " as results*.jsonl, and run the same command again.";
  }
  log_info(text);
}

}  // namespace clipwright::rewrite::openai
