#include "losses/objective.h"

#include <algorithm>
#include <functional>

#include "core/error.h"
#include "losses/info_nce.h"

namespace clipwright::losses {
namespace {

using MakeTerm = std::function<std::unique_ptr<Term>(const ObjectiveConfig&)>;

const std::vector<std::pair<std::string, MakeTerm>>& term_registry() {
  static const std::vector<std::pair<std::string, MakeTerm>> registry = {
      {"contrastive", [](const ObjectiveConfig&) { return std::make_unique<Contrastive>(); }},
      {"multi-text",
       [](const ObjectiveConfig& config) {
         return std::make_unique<MultiText>(config.multi_text_constant);
       }},
  };
  return registry;
}

const std::vector<ObjectiveConfig>& preset_table() {
  static const std::vector<ObjectiveConfig> table = {
      {.preset = "clip", .weights = {{"contrastive", 1}}, .caption_policy = "original"},
      {.preset = "laclip", .weights = {{"contrastive", 1}}, .caption_policy = "uniform"},
      {.preset = "laclip-mt", .weights = {{"multi-text", 1}}, .caption_policy = "all"},
  };
  return table;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

[[noreturn]] void unknown(const std::string& what, std::string_view name,
                          const std::vector<std::string>& known) {
  const std::string near = nearest(name, known);
  fail_usage(what + " '" + std::string(name) + "' does not exist", "one of " + listed(known),
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

}  // namespace

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const ObjectiveConfig& preset : preset_table()) names.push_back(preset.preset);
  return names;
}

std::vector<std::string> term_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : term_registry()) names.push_back(name);
  return names;
}

ObjectiveConfig find_preset(std::string_view name) {
  for (const ObjectiveConfig& preset : preset_table()) {
    if (preset.preset == name) return preset;
  }
  unknown("objective", name, preset_names());
}

Objective::Objective(const ObjectiveConfig& config) {
  for (const auto& [name, weight] : config.weights) {
    if (!(weight >= 0))
      fail_usage("term '" + name + "' has the weight " + std::to_string(weight),
                 "a weight of 0 or more");
    const auto& registry = term_registry();
    const auto found =
        std::find_if(registry.begin(), registry.end(),
                     [&, &wanted = name](const auto& entry) { return entry.first == wanted; });
    if (found == registry.end()) unknown("term", name, term_names());
    if (weight > 0) terms_.emplace_back(weight, found->second(config));
  }
  if (terms_.empty())
    fail_usage("an objective without terms", "at least one term with a weight above 0");
}

Objective::Value Objective::loss(const Features& features) {
  Value value;
  for (const auto& [weight, term] : terms_) {
    const Tensor loss = term->loss(features);
    value.terms.emplace_back(term->name(), loss.detach());
    value.total = value.total.defined() ? value.total + weight * loss : weight * loss;
  }
  return value;
}

Needs Objective::needs() const {
  Needs all;
  for (const auto& [weight, term] : terms_) {
    const Needs needs = term->needs();
    all.image_views = std::max(all.image_views, needs.image_views);
    all.all_texts = all.all_texts || needs.all_texts;
  }
  return all;
}

tensor::ParameterTable Objective::table() const {
  tensor::ParameterTable all;
  for (const auto& [weight, term] : terms_) all.append(term->table(), term->name() + ".");
  return all;
}

}  // namespace clipwright::losses
