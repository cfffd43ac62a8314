#include "eval/invariance/outcome.h"

#include <algorithm>
#include <optional>

#include "core/error.h"

namespace clipwright::eval::invariance {
namespace {

using audit::calibration::Damage;

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json share(int64_t part, int64_t of) {
  return of == 0 ? Json(nullptr) : Json(static_cast<double>(part) / static_cast<double>(of));
}

/// None where one of them is missing.
std::optional<double> mean(const std::vector<std::optional<double>>& values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (const auto& value : values) {
    if (!value) return std::nullopt;
    sum += *value;
  }
  return sum / static_cast<double>(values.size());
}

/// The rewordings' counts together, by direction.
std::vector<Direction> pooled(const std::vector<RewordingOutcome>& rewordings) {
  std::vector<Direction> all;
  for (const RewordingOutcome& rewording : rewordings) {
    for (const Direction& direction : rewording.directions) {
      const auto found = std::find_if(
          all.begin(), all.end(), [&](const Direction& one) { return one.name == direction.name; });
      if (found == all.end()) {
        all.push_back(direction);
      } else {
        found->agreement += direction.agreement;
      }
    }
  }
  return all;
}

Json difference(const std::optional<double>& from, const std::optional<double>& to) {
  return from && to ? Json(*to - *from) : Json(nullptr);
}

void add_agreement(const Direction& direction, bool collapsed, Json& to) {
  const Agreement& agreement = direction.agreement;
  to[direction.accuracy] = or_null(agreement.accuracy());
  to[direction.accuracy + "_reworded"] = or_null(agreement.accuracy_reworded());
  to[direction.accuracy + "_both"] = or_null(agreement.accuracy_both());
  to[direction.name + "_invariance"] = collapsed ? Json(nullptr) : or_null(agreement.invariance());
  to[direction.name + "_kappa"] = collapsed ? Json(nullptr) : or_null(agreement.kappa());
}

void add_preferences(const Preferences& preferences, Json& to) {
  to["sensitivity"] = or_null(preferences.sensitivity());
  to["sensitivity_reworded"] = or_null(preferences.sensitivity_reworded());
  to["text_sensitivity"] = or_null(preferences.text_sensitivity());
}

bool in_headline(Damage damage) { return damage != Damage::kDropObject; }

}  // namespace

std::string_view name_of(Damage damage) {
  for (const auto& kind : audit::calibration::damage_kinds()) {
    if (kind.damage == damage) return kind.name;
  }
  CW_CHECK(false, "a kind of damage that has a name");
  return {};
}

Json InvarianceOutcome::metrics() const {
  const bool collapsed = spread.collapsed();
  const std::vector<Direction> directions = pooled(rewordings);
  const auto over_directions = [&](auto value) {
    std::vector<std::optional<double>> values;
    for (const Direction& direction : directions) values.push_back(value(direction.agreement));
    return mean(values);
  };
  const auto accuracy = over_directions([](const Agreement& one) { return one.accuracy(); });
  const auto reworded =
      over_directions([](const Agreement& one) { return one.accuracy_reworded(); });
  const auto both = over_directions([](const Agreement& one) { return one.accuracy_both(); });
  const auto same = over_directions([](const Agreement& one) { return one.invariance(); });
  const auto kappa = over_directions([](const Agreement& one) { return one.kappa(); });
  Json metrics = Json::object();
  metrics["invariance"] = collapsed ? Json(nullptr) : or_null(same);
  metrics["kappa"] = collapsed ? Json(nullptr) : or_null(kappa);
  metrics["accuracy"] = or_null(accuracy);
  metrics["accuracy_reworded"] = or_null(reworded);
  metrics["accuracy_difference"] = difference(accuracy, reworded);
  metrics["accuracy_both"] = or_null(both);
  Preferences preferences;
  int64_t queries = 0, right = 0, right_damaged = 0;
  for (const auto& [damage, outcome] : damages) {
    if (!in_headline(damage)) continue;
    preferences += outcome.preferences;
    queries += outcome.queries;
    right += outcome.right;
    right_damaged += outcome.right_damaged;
  }
  add_preferences(preferences, metrics);
  for (const auto& [damage, outcome] : damages)
    metrics["sensitivity_" + std::string(name_of(damage))] =
        or_null(outcome.preferences.sensitivity());
  metrics["accuracy_damaged"] = share(right_damaged, queries);
  metrics["accuracy_damaged_difference"] =
      queries == 0
          ? Json(nullptr)
          : Json(static_cast<double>(right_damaged - right) / static_cast<double>(queries));
  if (directions.size() > 1) {
    for (const Direction& direction : directions) add_agreement(direction, collapsed, metrics);
  }
  metrics["spread_over_texts"] = or_null(spread.over_texts);
  metrics["spread_over_pictures"] = or_null(spread.over_pictures);
  metrics["collapsed"] = collapsed;
  return metrics;
}

Json InvarianceOutcome::tables() const {
  Json tables = {{"pictures", pictures}, {"texts", texts}};
  tables["rewordings"] = Json::array();
  for (const RewordingOutcome& rewording : rewordings) {
    Json row = {{"name", rewording.name}, {"texts", rewording.texts}};
    for (const Direction& direction : rewording.directions) {
      row[direction.name + "_queries"] = direction.agreement.queries;
      row[direction.name + "_undecided"] = direction.agreement.undecided;
      add_agreement(direction, spread.collapsed(), row);
    }
    tables["rewordings"].push_back(std::move(row));
  }
  tables["damages"] = Json::array();
  for (const auto& [damage, outcome] : damages) {
    Json row = {{"name", name_of(damage)},
                {"pairs", outcome.preferences.pairs},
                {"unseen", outcome.unseen}};
    add_preferences(outcome.preferences, row);
    row["accuracy"] = share(outcome.right, outcome.queries);
    row["accuracy_damaged"] = share(outcome.right_damaged, outcome.queries);
    tables["damages"].push_back(std::move(row));
  }
  if (classes.empty()) return tables;
  tables["classes"] = Json::array();
  for (const ClassOutcome& one : classes) {
    Json row = {{"name", one.name}, {"synonyms", one.synonyms}, {"pictures", one.pictures}};
    row["accuracy"] = or_null(one.agreement.accuracy());
    row["accuracy_reworded"] = or_null(one.agreement.accuracy_reworded());
    row["accuracy_both"] = or_null(one.agreement.accuracy_both());
    row["invariance"] = spread.collapsed() ? Json(nullptr) : or_null(one.agreement.invariance());
    add_preferences(one.preferences, row);
    tables["classes"].push_back(std::move(row));
  }
  return tables;
}

}  // namespace clipwright::eval::invariance
