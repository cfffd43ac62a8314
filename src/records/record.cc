#include "records/record.h"

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "core/hash.h"

namespace clipwright::records {
namespace {

/// A text, or a number as it is written; keys may be either.
std::optional<std::string> text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number()) return found->dump();
  return std::nullopt;
}

int64_t number_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

}  // namespace

Scores Scores::from_json(const Json& json) {
  Scores scores;
  if (!json.is_object()) return scores;
  for (const auto& [name, value] : json.items()) {
    if (value.is_number()) scores.values.emplace(name, value.get<double>());
  }
  if (const auto flags = json.find("flags"); flags != json.end() && flags->is_array()) {
    scores.flags.emplace();
    for (const Json& flag : *flags) {
      if (flag.is_string()) scores.flags->push_back(flag.get<std::string>());
    }
  }
  return scores;
}

Json Scores::to_json() const {
  Json json = Json::object();
  for (const auto& [name, value] : values) json[name] = value;
  if (flags) json["flags"] = *flags;
  return json;
}

Json to_json(const Record& record) {
  Json json = {{"key", record.key}, {"mode", record.mode}};
  if (record.source) json["source"] = *record.source;
  if (!record.source_sha256.empty()) json["source_sha256"] = record.source_sha256;
  json["text"] = record.text;
  json["status"] = record.status;
  json["attempt"] = record.attempt;
  if (record.source_cut) json["source_cut"] = true;
  if (record.occurrence != 0) json["occurrence"] = record.occurrence;
  json["scores"] = record.scores.to_json();
  json["recipe"] = record.recipe;
  return json;
}

bool from_json(const Json& json, Record& record, std::string& damage) {
  record = {};
  if (!json.is_object()) {
    damage = "is no JSON object";
    return false;
  }
  record.key = text_of(json, "key").value_or("");
  record.mode = text_of(json, "mode").value_or("");
  record.source = text_of(json, "source");
  record.source_sha256 = text_of(json, "source_sha256").value_or("");
  const std::optional<std::string> text = text_of(json, "text");
  record.text = text.value_or("");
  // A number may be a key, but no status.
  if (const auto status = json.find("status"); status != json.end() && status->is_string())
    if (auto word = status->get<std::string>(); !word.empty()) record.status = std::move(word);
  record.attempt = static_cast<int>(
      std::clamp<int64_t>(number_of(json, "attempt"), 0, std::numeric_limits<int>::max()));
  const auto cut = json.find("source_cut");
  record.source_cut = cut != json.end() && cut->is_boolean() && cut->get<bool>();
  record.occurrence = std::max<int64_t>(number_of(json, "occurrence"), 0);
  if (const auto scores = json.find("scores"); scores != json.end())
    record.scores = Scores::from_json(*scores);
  record.recipe = text_of(json, "recipe").value_or("");
  if (text || !record.accepted()) return true;
  damage = "has no text";
  return false;
}

void check_source(const Record& record, const std::string& where) {
  if (!record.source || record.source_sha256.empty()) return;
  if (hex(sha256(*record.source)) == record.source_sha256) return;
  fail_input(
      where + ": source and source_sha256 of key '" + record.key + "' do not belong together",
      "the SHA-256 of the source text", "The file was edited after it was written; make it again.");
}

}  // namespace clipwright::records
