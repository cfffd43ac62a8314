#include "card/run_sections.h"

#include "card/markdown.h"
#include "core/log.h"

namespace clipwright::card {
namespace {

/// A value of settings or records as a cell.
std::string shown(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return code(value.get<std::string>());
  if (value.is_number_integer()) return with_commas(value.get<int64_t>());
  if (value.is_array()) {
    std::string list;
    for (const Json& item : value) list += (list.empty() ? "" : ", ") + shown(item);
    return list;
  }
  return plain(to_line(value));
}

bool is_set(const Json& value) {
  return !value.is_null() && value != Json("") && !(value.is_array() && value.empty());
}

std::string decoding(const Json& recipe) {
  std::string text;
  for (const char* key : {"prompt", "triples", "temperature", "top_p", "max_tokens", "seed"}) {
    const auto found = recipe.is_object() ? recipe.find(key) : recipe.end();
    if (!recipe.is_object() || found == recipe.end()) continue;
    text += (text.empty() ? "" : ", ") + plain(key) + " " + shown(*found);
  }
  return text;
}

}  // namespace

std::string training_section(const RunFacts& run) {
  std::vector<std::string> items;
  items.push_back("pairs: " + code(run.text("data", "train-data")) +
                  (count_of(run.record, "pairs") >= 0
                       ? ", " + with_commas(count_of(run.record, "pairs")) +
                             " pictures with "
                             "captions"
                       : ""));
  if (const int64_t seen = count_of(run.record, "samples"); seen >= 0) {
    items.push_back(
        "seen: " + with_commas(seen) + " pairs in " + with_commas(count_of(run.record, "steps")) +
        " steps" +
        (run.record.value("done", Json()) == true ? "" : "; the run did not come to its end"));
  }
  if (const int64_t skipped = count_of(run.record, "skipped"); skipped > 0) {
    items.push_back(with_commas(skipped) +
                    " samples could not be used and others took their places");
  }
  if (const std::string condition = run.text("captions", "keep-if"); !condition.empty())
    items.push_back("only rewrites that meet " + code(condition));
  if (const std::string held = run.text("data", "val-data"); !held.empty())
    items.push_back("held out, for the loss after each epoch: " + code(held));
  for (const char* print : {"data fingerprint", "picture fingerprint"}) {
    if (const std::string value = text_of(run.trajectory, print); !value.empty())
      items.push_back(std::string(print) + ": " + code(value));
  }
  return "\n## Training data\n\n" + bullets(items);
}

std::string captions_section(const RunFacts& run) {
  const std::string policy = run.text("captions", "caption-policy");
  std::string meaning = "as the objective needs";
  if (policy == "original") meaning = "each step takes a pair's own caption";
  if (policy == "uniform")
    meaning = "each step draws one text of the caption and its rewrites, as LaCLIP";
  if (policy == "all") meaning = "each step takes the caption and all rewrites, as LaCLIP-MT";
  std::string text =
      "\n## Captions\n\nPolicy " + code(policy.empty() ? "auto" : policy) + ": " + meaning + ".\n";
  if (run.rewrites.empty()) return text + "There are no rewrites.\n";
  std::vector<std::vector<std::string>> rows;
  for (const RewriteSource& source : run.rewrites) {
    const Json details =
        source.recipe.is_object() ? source.recipe.value("details", Json()) : Json();
    std::string model;
    for (const char* key : {"model_name", "model", "base_url"}) {
      if (model.empty()) model = text_of(details, key);
    }
    if (model.empty()) model = text_of(source.recipe, "model");
    const std::string licence = text_of(details, "model_licence");
    const std::string engine = text_of(source.recipe, "engine");
    const bool rules = engine == "eda";  // synonyms, swaps, deletions
    rows.push_back({code(source.file), code(source.mode),
                    source.recipe.is_null() ? "not known" : plain(engine),
                    rules           ? "none"
                    : model.empty() ? "not known"
                                    : plain(model),
                    rules             ? ""
                    : licence.empty() ? "not stated"
                                      : plain(licence),
                    decoding(source.recipe)});
  }
  return text +
         "\nRewrites and what made them; a language model's licence may say what its output may "
         "be used for:\n\n" +
         table({"file", "mode", "engine", "language model", "its licence", "decoding"}, rows);
}

std::string recipe_section(const RunFacts& run) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [section, settings] : run.settings.items()) {
    if (!settings.is_object() || section == "data" || section == "run") continue;
    for (const auto& [name, value] : settings.items()) {
      // Of the machine what decides numbers; the rest stands in its own section.
      if (section == "machine" && name != "seed" && name != "precision") continue;
      if (is_set(value)) rows.push_back({code(name), shown(value)});
    }
  }
  return "\n## Recipe\n\n" + table({"setting", "value"}, rows) +
         "\n`config.toml` of the run has every setting; `clipwright train --config` repeats it "
         "(docs/formats/run_folder.md). Weights may be named by a path of the machine that "
         "trained.\n";
}

std::string machine_section(const RunFacts& run) {
  std::vector<std::string> items;
  const Json sessions = run.record.is_object() ? run.record.value("sessions", Json()) : Json();
  std::vector<std::string> seen;
  for (const Json& session : sessions.is_array() ? sessions : Json::array()) {
    const int64_t threads = count_of(session, "threads"), memory = count_of(session, "memory");
    std::string text = plain(text_of(session, "processor"));
    if (threads > 0) text += ", " + std::to_string(threads) + " threads";
    if (memory > 0) text += ", " + with_commas(memory >> 30) + " GiB";
    text += "; " + plain(text_of(session, "kernels"));
    if (seen.empty() || seen.back() != text) seen.push_back(text);
  }
  for (const std::string& text : seen) items.push_back(text);
  if (items.empty() && !run.machine.empty()) items.push_back(plain(run.machine));
  const Json seconds = run.record.is_object() ? run.record.value("seconds", Json()) : Json();
  if (seconds.is_number())
    items.push_back("time of training: " + readable_duration(seconds.get<double>()));
  return items.empty() ? "" : "\n## Machine\n\n" + bullets(items);
}

}  // namespace clipwright::card
