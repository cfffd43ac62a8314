#include "train/folder/evaluations.h"

#include "core/error.h"
#include "core/file.h"

namespace clipwright::train::folder {
namespace {

/// The mean of the sets that choose; nothing where one is missing.
template <typename Values>
std::optional<double> choice_of(const Values& values, const std::set<std::string>& select) {
  double sum = 0;
  for (const std::string& set : select) {
    const auto found = values.find(set);
    if (found == values.end()) return std::nullopt;
    sum += found->second.second;
  }
  if (select.empty()) return std::nullopt;
  return sum / static_cast<double>(select.size());
}

}  // namespace

Evaluations::Evaluations(fs::path run, std::set<std::string> select, int64_t last_step)
    : run_(std::move(run)), select_(std::move(select)) {
  std::error_code ignored;
  const fs::path file = run_ / "evaluations.jsonl";
  if (!fs::is_regular_file(file, ignored)) return;
  const std::string text = read_file(file);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const Json row = try_json(text.substr(at, end - at));
    at = end + 1;
    if (!row.is_object() || !row.contains("step") || !row["step"].is_number_integer() ||
        !row.contains("value") || !row["value"].is_number())
      continue;
    const int64_t step = row["step"];
    if (step <= last_step)
      rows_[step][row.value("set", "")] = {row.value("metric", ""), row["value"].get<double>()};
  }
  write();
}

std::map<std::string, double> Evaluations::add(int64_t step, const fs::path& checkpoint,
                                               const Json& comparison) {
  std::map<std::string, double> values;
  if (!comparison.is_object() || !comparison.contains("metrics"))
    fail_input("the evaluation of step " + std::to_string(step) + " has no metrics");
  for (const Json& row : comparison["metrics"]) {
    if (!row.value("main", false) || row["values"].at(0).is_null()) continue;
    const std::string set = row.at("set");
    values[set] = row["values"].at(0).get<double>();
    rows_[step][set] = {row.at("metric").get<std::string>(), values[set]};
  }
  write();
  if (best() == step) {
    Json sets = Json::object();
    for (const std::string& set : select_)
      sets[set] = {{"metric", rows_[step][set].first}, {"value", rows_[step][set].second}};
    write_file(run_ / "best.json",
               Json{{"step", step},
                    {"checkpoint", checkpoint.lexically_relative(run_).string()},
                    {"value", *choice_of(rows_[step], select_)},
                    {"sets", sets}}
                       .dump(2) +
                   "\n");
  }
  return values;
}

std::optional<int64_t> Evaluations::best() const {
  std::optional<int64_t> step;
  double most = 0;
  for (const auto& [at, sets] : rows_) {
    const std::optional<double> value = choice_of(sets, select_);
    if (!value || (step && *value <= most)) continue;
    step = at;
    most = *value;
  }
  return step;
}

void Evaluations::write() const {
  std::string text;
  for (const auto& [step, sets] : rows_) {
    for (const auto& [set, found] : sets) {
      text += to_line({{"step", step},
                       {"set", set},
                       {"role", select_.contains(set) ? "select" : "report"},
                       {"metric", found.first},
                       {"value", found.second}}) +
              "\n";
    }
  }
  write_file(run_ / "evaluations.jsonl", text);
}

}  // namespace clipwright::train::folder
