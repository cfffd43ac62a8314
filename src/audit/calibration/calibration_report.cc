#include "audit/calibration/calibration_report.h"

#include <algorithm>
#include <cstdio>

#include "core/log.h"
#include "core/words.h"

namespace clipwright::audit::calibration {
namespace {

std::string name_of(Damage damage) {
  for (const DamageKind& kind : damage_kinds()) {
    if (kind.damage == damage) return std::string(kind.name);
  }
  return {};
}

std::string formatted(const char* format, double value) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

Json cell_json(const CalibrationCell& cell) {
  return {{"pairs", cell.pairs},
          {"recall", rounded(cell.recall)},
          {"precision", cell.flagged ? Json(rounded(cell.precision)) : Json()},
          {"auc", rounded(cell.auc)}};
}

std::string cell_text(const CalibrationCell& cell, bool with_auc) {
  std::string text = formatted("%.1f", 100 * cell.recall) + " / " +
                     (cell.flagged ? formatted("%.1f", 100 * cell.precision) : "-");
  return with_auc ? text + " / " + formatted("%.2f", cell.auc) : text;
}

std::string part_table(const CalibrationPart& part) {
  std::string text = "### " + part.name + ": " + with_commas(part.captions) + " captions\n\n";
  std::string head = "| damage | pairs |", rule = "|---|---|";
  for (const CalibrationTier& tier : part.tiers) {
    head += " " + tier.name +
            (tier.name == "flags" ? "" : " < " + formatted("%.3g", tier.threshold)) + " |";
    rule += "---|";
  }
  text += head + "\n" + rule + "\n";
  const auto add_row = [&](const std::string& name, const auto& cell_in) {
    std::string row;
    int64_t pairs = 0;
    for (const CalibrationTier& tier : part.tiers) {
      const CalibrationCell* cell = cell_in(tier);
      if (cell != nullptr) pairs = std::max(pairs, cell->pairs);
      row += cell == nullptr ? " |" : " " + cell_text(*cell, tier.name != "flags") + " |";
    }
    text += "| " + name + " | " + with_commas(pairs) + " |" + row + "\n";
  };
  for (const DamageKind& kind : damage_kinds()) {
    if (kind.damage == Damage::kNone || part.tiers.empty() ||
        !part.tiers.front().kinds.contains(kind.damage))
      continue;
    add_row(std::string(kind.name), [&](const CalibrationTier& tier) -> const CalibrationCell* {
      const auto found = tier.kinds.find(kind.damage);
      return found == tier.kinds.end() ? nullptr : &found->second;
    });
  }
  add_row("all", [](const CalibrationTier& tier) { return &tier.all; });
  text += "| style-only flagged, % | |";
  for (const CalibrationTier& tier : part.tiers)
    text += " " + formatted("%.1f", 100 * tier.false_alarms) + " |";
  return text + "\n\n";
}

}  // namespace

Json Calibration::to_json() const {
  Json json = {{"format", "clipwright-calibration"},
               {"version", 1},
               {"wordnet", wordnet},
               {"tiers", tiers},
               {"parts", Json::array()}};
  for (const CalibrationPart& part : parts) {
    Json list = Json::array();
    for (const CalibrationTier& tier : part.tiers) {
      Json kinds = Json::object();
      for (const auto& [damage, cell] : tier.kinds) kinds[name_of(damage)] = cell_json(cell);
      Json one = {{"tier", tier.name}};
      if (tier.name != "flags") one["threshold"] = rounded(tier.threshold);
      one["style_only_flagged"] = rounded(tier.false_alarms);
      one["kinds"] = kinds;
      one["all"] = cell_json(tier.all);
      list.push_back(one);
    }
    json["parts"].push_back({{"part", part.name}, {"captions", part.captions}, {"tiers", list}});
  }
  json["misses"] = Json::array();
  for (const CalibrationMiss& miss : misses) {
    json["misses"].push_back({{"damage", name_of(miss.damage)},
                              {"source", miss.source},
                              {"text", miss.rewrite},
                              {"flags", miss.flags}});
  }
  return json;
}

std::string Calibration::to_markdown() const {
  std::string text =
      "Recall / precision in % (/ AUC) of each tier by damage. Thresholds of model tiers flag 5 % "
      "of the style-only rewrites of the tuning half.\n\n";
  if (!wordnet)
    text += "WordNet (wordnet-base) was not found: objects were neither dropped nor swapped.\n\n";
  for (const std::string& tier : tiers) text += "- " + tier + "\n";
  if (!tiers.empty()) text += "\n";
  for (const CalibrationPart& part : parts) text += part_table(part);
  return text;
}

}  // namespace clipwright::audit::calibration
