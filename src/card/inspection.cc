#include "card/inspection.h"

#include "core/file.h"
#include "core/log.h"
#include "core/words.h"
#include "models/load_model.h"

namespace clipwright::card {
namespace {

/// RUN, RUN/model, RUN/checkpoints/step_<N>.
std::optional<fs::path> run_of(const std::string& model) {
  std::error_code unreadable;
  fs::path folder = fs::absolute(model, unreadable).lexically_normal();
  for (int up = 0; up < 3 && !folder.empty(); ++up) {
    if (fs::is_directory(folder, unreadable) && is_run_folder(folder)) return folder;
    folder = folder.has_filename() ? folder.parent_path() : folder.parent_path().parent_path();
  }
  return std::nullopt;
}

std::string stored_text(const models::files::StoredWeights& stored) {
  if (stored.files.empty()) return "nothing: an architecture, whose weights would be drawn";
  std::vector<std::string> names, kinds;
  for (const fs::path& file : stored.files) names.push_back(file.filename().string());
  for (const auto& [type, numbers] : stored.numbers)
    kinds.push_back(with_commas(numbers) + " numbers " + type);
  const std::string files = names.size() > 3 ? std::to_string(names.size()) + " files from " +
                                                   names.front() + " to " + names.back()
                                             : listed(names);
  return files + ", " + stored.container + ": " + listed(kinds);
}

std::vector<std::string> provenance(const models::files::StoredWeights& stored,
                                    const std::optional<RunFacts>& run) {
  std::vector<std::string> facts;
  for (const auto& [key, value] : stored.metadata)
    facts.push_back("the file says " + key + " = " + value);
  if (!stored.beside.empty()) facts.push_back("a checkpoint, beside " + listed(stored.beside));
  if (!run) return facts;
  std::string text = "the run " + run->folder.string() + ": objective " +
                     run->text("objective", "objective") + ", data " +
                     run->text("data", "train-data");
  if (const int64_t pairs = count_of(run->record, "pairs"); pairs >= 0)
    text += " (" + with_commas(pairs) + " pairs)";
  if (const int64_t steps = count_of(run->record, "steps"); steps >= 0)
    text += ", " + with_commas(steps) + " steps";
  if (run->from_scratch()) text += ", from drawn weights";
  if (const std::string start = run->start(); !start.empty()) text += ", from " + start;
  facts.push_back(text);
  return facts;
}

std::vector<std::string> missing(const models::files::StoredWeights& stored,
                                 const std::optional<RunFacts>& run) {
  std::vector<std::string> sentences = stored.missing;
  if (run) {
    sentences.insert(sentences.end(), run->unknown.begin(), run->unknown.end());
  } else if (!stored.files.empty()) {
    sentences.emplace_back("the run that made it: its data and recipe are not known");
  }
  return sentences;
}

}  // namespace

std::string Inspection::text() const {
  std::string text = summary.text() + models::summary_line("stored", stored_text(stored));
  for (const std::string& fact : provenance(stored, run))
    text += models::summary_line("provenance", fact);
  for (const std::string& sentence : missing(stored, run))
    text += models::summary_line("missing", sentence);
  return text;
}

Json Inspection::json() const {
  Json json = summary.json();
  std::vector<std::string> files;
  for (const fs::path& file : stored.files) files.push_back(file.string());
  json["files"] = files;
  json["container"] = stored.container;
  json["numbers"] = Json(stored.numbers);
  json["metadata"] = Json(stored.metadata);
  json["beside"] = stored.beside;
  json["run"] = run ? Json{{"folder", run->folder.string()},
                           {"settings", run->settings},
                           {"record", run->record}}
                    : Json();
  json["missing"] = missing(stored, run);
  return json;
}

Inspection inspect(const models::ModelArgument& model) {
  Inspection inspection{.summary = models::summarize(model),
                        .stored = models::files::read_stored_weights(model.model)};
  if (const auto folder = run_of(model.model)) inspection.run = read_run_facts(*folder);
  return inspection;
}

}  // namespace clipwright::card
