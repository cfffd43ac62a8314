#include "rewrite/openai/model_list.h"

#include <algorithm>

#include "rewrite/openai/server_words.h"

namespace clipwright::rewrite::openai {
namespace {

/// The models in a reply, null where it is no list.
const Json* models_in(const Json& json) {
  if (json.is_array()) return &json;
  if (!json.is_object()) return nullptr;
  for (const char* name : {"data", "models"}) {
    const auto found = json.find(name);
    if (found != json.end() && found->is_array()) return &*found;
  }
  return nullptr;
}

std::string text_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string name_in(const Json& model) {
  for (const char* name : {"id", "name", "model"}) {
    if (std::string text = text_at(model, name); !text.empty()) return text;
  }
  return {};
}

}  // namespace

ModelList read_models(std::string_view body) {
  const Json json = try_json(body);
  const Json* models = models_in(json);
  ModelList list;
  if (models == nullptr) return list;
  list.is_list = true;
  for (const Json& model : *models) {
    if (!model.is_object()) continue;
    if (const std::string name = name_in(model); !name.empty())
      list.names.push_back(quoted_reason(name));
    if (list.owner.empty()) list.owner = quoted_reason(text_at(model, "owned_by"));
  }
  return list;
}

bool lists(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& listed) {
    if (listed.ends_with('*')) return name.starts_with(listed.substr(0, listed.size() - 1));
    return listed == name || listed == "models/" + name || listed == name + ":latest";
  });
}

Json facts_of(std::string_view body, const std::string& name) {
  Json facts = Json::object();
  const Json json = try_json(body);
  const Json* models = models_in(json);
  if (models == nullptr) return facts;
  for (const Json& model : *models) {
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

}  // namespace clipwright::rewrite::openai
