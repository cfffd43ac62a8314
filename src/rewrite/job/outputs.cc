#include "rewrite/job/outputs.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "rewrite/archive/records.h"
#include "rewrite/engine/reply.h"

namespace clipwright::rewrite::job {
namespace {

constexpr std::string_view kAccepted = "accepted";
constexpr const char* kRecipesFile = "recipes.json";

/// One record of rewrites.jsonl.
Json record(const std::string& key, const std::string& source, const Sha256& sha,
            const std::string& mode, const std::optional<ledger::LedgerRow>& row, const Scorer& scorer,
            const std::string& recipe) {
  Json line = {{"key", key}, {"mode", mode}, {"source", source}, {"source_sha256", hex(sha)}};
  // Of a failure the ledger keeps the engine's words, which are no text.
  line["text"] = row && !row->status.starts_with("failed:") ? row->text : "";
  line["status"] =
      row ? row->status
          : (prompt::valid_utf8(source) ? (usable_caption(source) ? "missing" : "skipped:empty")
                                : "skipped:not-utf8");
  line["attempt"] = row ? row->attempt : 0;
  if (row && !row->notes.empty()) {
    // What the job noted of the attempt: "source_cut".
    const Json notes = Json::parse(row->notes, nullptr, false);
    if (notes.is_object() && notes.value("source_cut", Json()) == true) line["source_cut"] = true;
  }
  line["scores"] =
      row && row->status == kAccepted && scorer ? scorer(source, row->text) : Json::object();
  line["recipe"] = recipe;
  return line;
}

Json recipes_of(const JobPlan& plan) {
  Json recipes = Json::object();
  for (const PlannedMode& mode : plan.modes) {
    recipes[mode.task.mode] = {{"recipe", hex(mode.recipe.sha)},
                               {"description", mode.recipe.description}};
  }
  return recipes;
}

}  // namespace

void check_output_folder(const fs::path& folder, const std::vector<prompt::ExamplePack>& packs) {
  const fs::path file = folder / kRecipesFile;
  if (!fs::exists(file) || !fs::exists(folder / "rewrites.jsonl")) return;
  const Json recipes = Json::parse(read_file(file), nullptr, false);
  if (!recipes.is_object()) return;
  std::string others;
  for (const auto& [mode, recipe] : recipes.items()) {
    const bool ours = std::any_of(packs.begin(), packs.end(),
                                  [&](const prompt::ExamplePack& pack) { return pack.mode() == mode; });
    if (!ours) others += (others.empty() ? "" : ", ") + mode;
  }
  if (others.empty()) return;
  fail_usage(
      folder.string() +
          " holds rewrites of another job, with modes that this one does not "
          "make (" +
          others + "); its rewrites.jsonl would lose them",
      "all modes in one job, or a folder of its own for each",
      "With the same ledger nothing is made twice; training and audit take several folders.");
}

void write_outputs(const CaptionSource& captions, const RewriteOptions& options,
                   const JobPlan& plan, ledger::Ledger& ledger) {
  if (options.output.empty() && options.records.empty() && !options.each_record) return;
  std::vector<std::unique_ptr<AtomicFile>> lines;
  std::unique_ptr<AtomicFile> jsonl;
  if (!options.output.empty()) {
    for (const PlannedMode& mode : plan.modes)
      lines.push_back(std::make_unique<AtomicFile>(options.output / (mode.task.mode + ".txt")));
    jsonl = std::make_unique<AtomicFile>(options.output / "rewrites.jsonl");
    write_file(options.output / kRecipesFile, recipes_of(plan).dump(2) + "\n");
  }
  std::optional<archive::RecordWriter> records;
  if (!options.records.empty()) {
    records.emplace(options.records);
    for (const PlannedMode& mode : plan.modes)
      records->add_recipe(mode.recipe.sha, mode.recipe.description);
  }
  for (const PlannedMode& mode : plan.modes) {
    if (options.each_recipe) options.each_recipe(hex(mode.recipe.sha), mode.recipe.description);
  }
  Progress progress("writing", plan.summary.captions);
  constexpr int64_t kBlock = 1000;  // a question to the ledger for each would take days on a server
  for (int64_t from = 0; from < plan.summary.captions; from += kBlock) {
    const int64_t to = std::min(from + kBlock, plan.summary.captions);
    std::vector<std::string> sources;
    std::vector<Sha256> keys;
    for (int64_t i = from; i < to; ++i) {
      sources.push_back(captions.text(i));
      keys.push_back(plan.key(i, sources.back()));
    }
    std::vector<std::vector<std::optional<ledger::LedgerRow>>> rows;
    for (const PlannedMode& mode : plan.modes) rows.push_back(ledger.last(keys, mode.task));
    for (int64_t i = from; i < to; ++i) {
      const auto at = static_cast<size_t>(i - from);
      const std::string& source = sources[at];
      for (size_t m = 0; m < plan.modes.size(); ++m) {
        const auto& [mode, recipe] = plan.modes[m].task;
        const std::optional<ledger::LedgerRow>& row = rows[m][at];
        const bool accepted = row && row->status == kAccepted;
        if (jsonl) lines[m]->write((accepted ? row->text : std::string()) + "\n");
        if (jsonl || options.each_record) {
          const Json line = record(captions.key(i), source, sha256(source), mode, row,
                                   options.scorer, hex(recipe));
          if (jsonl) jsonl->write(to_line(line) + "\n");
          if (options.each_record) options.each_record(line);
        }
        if (records && accepted) records->add(*row, {source, plan.occurrence(i)});
      }
    }
    progress.update(to);
  }
  for (const auto& file : lines) file->commit();
  if (jsonl) jsonl->commit();
  if (records) records->commit();
}

}  // namespace clipwright::rewrite::job
