#include "card/result_section.h"

#include <cstdio>

#include "card/markdown.h"
#include "core/log.h"
#include "core/words.h"

namespace clipwright::card {
namespace {

std::string share(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", 100 * value);
  return text;
}

}  // namespace

std::string result_section(const std::vector<ResultRow>& rows, const Json& record,
                           const Json& best) {
  std::vector<std::string> losses;
  if (record.is_object()) {
    for (const auto& [key, what] : {std::pair{"loss", "mean loss of the last steps"},
                                    {"val_loss", "loss on held-out pairs"}}) {
      const Json value = record.value(key, Json());
      if (value.is_number())
        losses.push_back(std::string(what) + ": " + Json(rounded(value.get<double>())).dump());
    }
  }
  if (rows.empty() && losses.empty()) return "";
  std::string text = "\n## Results\n\n" + bullets(losses);
  if (rows.empty()) return text;
  std::vector<std::vector<std::string>> cells;
  bool without = false, chose = false;
  for (const ResultRow& row : rows) {
    const Json sets = best.is_object() ? best.value("sets", Json()) : Json();
    bool selects = false;
    if (sets.is_array()) {
      for (const Json& set : sets) selects |= set == Json(row.set);
    } else if (sets.is_object()) {
      selects = sets.contains(row.set);
    }
    chose |= selects;
    without |= !row.low;
    cells.push_back({plain(row.set) + (selects ? " (chose the checkpoint)" : ""), plain(row.task),
                     code(row.metric), share(row.value),
                     row.low ? share(*row.low) + " to " + share(*row.high) : "not known",
                     row.samples > 0 ? with_commas(row.samples) : ""});
  }
  text += (losses.empty() ? "" : "\n") + std::string("In per cent.") +
          " Intervals hold 95 % of a bootstrap over samples; they tell nothing of another seed "
          "of the same recipe.\n\n" +
          table({"set", "task", "metric", "value", "interval", "samples"}, cells);
  if (without)
    text += "\nAn interval is not known where the outcomes of samples are not beside a result.\n";
  if (chose) text += "\nA number that a checkpoint was chosen by is no test result.\n";
  text += "\nWeights that were evaluated: ";
  std::vector<std::string> models;
  for (const ResultRow& row : rows) {
    if (models.empty() || models.back() != code(row.of_model)) models.push_back(code(row.of_model));
  }
  return text + listed(models) + ".\n";
}

}  // namespace clipwright::card
