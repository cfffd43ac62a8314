#include "card/run_facts.h"

#include <algorithm>
#include <optional>

#include "core/config/toml_parser.h"
#include "core/config/toml_text.h"
#include "core/error.h"
#include "core/file.h"
#include "models/load_model.h"

namespace clipwright::card {
namespace {

Json to_json(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* whole = node.as_integer()) return whole->get();
  if (const auto* real = node.as_floating_point()) return real->get();
  if (const auto* list = node.as_array()) {
    Json values = Json::array();
    for (const auto& item : *list) values.push_back(to_json(item));
    return values;
  }
  if (const auto* table = node.as_table()) {
    Json object = Json::object();
    for (const auto& [key, value] : *table) object[std::string(key.str())] = to_json(value);
    return object;
  }
  return {};
}

Json read_settings(const fs::path& path) {
  try {
    return to_json(toml::parse(read_toml_text(path), path.string()));
  } catch (const toml::parse_error& error) {
    fail_input(path.string() + ", line " + std::to_string(error.source().begin.line) + ": " +
                   std::string(error.description()),
               "the settings of a run");
  }
}

/// A JSON object on disk; nothing where there is none.
std::optional<Json> read_object(const fs::path& path) {
  std::error_code unreadable;
  if (!fs::is_regular_file(path, unreadable)) return std::nullopt;
  Json json = try_json(read_file(path));
  if (!json.is_object()) return std::nullopt;
  return json;
}

void read_checkpoint(RunFacts& facts) {
  const auto checkpoints = models::finished_checkpoints(facts.folder / "checkpoints");
  const auto state =
      checkpoints.empty() ? std::nullopt : read_object(checkpoints.back() / "state.json");
  if (!state) {
    facts.unknown.emplace_back(
        "starting weights and a fingerprint of the data (the run keeps no checkpoint)");
    return;
  }
  facts.trajectory = state->value("trajectory", Json());
  const Json machine = state->value("machine", Json());
  if (machine.is_string()) facts.machine = machine.get<std::string>();
}

/// DIR/<mode>.txt, DIR/rewrites.jsonl: DIR/recipes.json says what made them.
std::vector<RewriteSource> rewrites_of(const std::string& file) {
  const fs::path path(file);
  const auto recipes = read_object(path.parent_path() / "recipes.json");
  const auto description = [&](const Json& entry) {
    return entry.is_object() ? entry.value("description", Json()) : Json();
  };
  if (path.extension() == ".txt") {
    const std::string mode = path.stem().string();
    const bool known = recipes && recipes->contains(mode);
    return {{file, mode, known ? description((*recipes)[mode]) : Json()}};
  }
  std::vector<RewriteSource> sources;
  if (recipes) {
    for (const auto& [mode, entry] : recipes->items())
      sources.push_back({file, mode, description(entry)});
  }
  if (sources.empty()) sources.push_back({file, "", Json()});
  return sources;
}

void read_rewrites(RunFacts& facts) {
  const Json& files = facts.setting("captions", "rewrites");
  if (!files.is_array()) return;
  for (const Json& file : files) {
    if (!file.is_string()) continue;
    for (RewriteSource& source : rewrites_of(file.get<std::string>())) {
      if (source.recipe.is_null()) {
        facts.unknown.push_back("what made the rewrites of " + source.file +
                                (source.mode.empty() ? "" : " (mode " + source.mode + ")") +
                                ": no recipes.json beside them says it");
      }
      facts.rewrites.push_back(std::move(source));
    }
  }
}

}  // namespace

const Json& RunFacts::setting(const std::string& section, const std::string& name) const {
  static const Json none;
  const auto found = settings.find(section);
  if (found == settings.end() || !found->is_object()) return none;
  const auto value = found->find(name);
  return value == found->end() ? none : *value;
}

std::string RunFacts::text(const std::string& section, const std::string& name) const {
  const Json& value = setting(section, name);
  return value.is_string() ? value.get<std::string>() : "";
}

bool RunFacts::from_scratch() const {
  return text_of(trajectory, "starting weights") == "drawn from the seed";
}

std::string RunFacts::start() const {
  if (from_scratch()) return "";
  const std::string pretrained = text("model", "pretrained");
  return pretrained.empty() ? text("model", "model") : pretrained;
}

std::string text_of(const Json& object, const std::string& key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

int64_t count_of(const Json& object, const std::string& key) {
  if (!object.is_object()) return -1;
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : -1;
}

bool is_run_folder(const fs::path& folder) {
  std::error_code unreadable;
  return fs::is_regular_file(folder / "config.toml", unreadable);
}

RunFacts read_run_facts(const fs::path& folder) {
  RunFacts facts{.folder = folder, .settings = read_settings(folder / "config.toml")};
  if (auto record = read_object(folder / "run.json")) {
    facts.record = std::move(*record);
  } else {
    facts.unknown.emplace_back(
        "processor, memory, time and number of pairs (the run has no run.json)");
  }
  read_checkpoint(facts);
  read_rewrites(facts);
  return facts;
}

}  // namespace clipwright::card
