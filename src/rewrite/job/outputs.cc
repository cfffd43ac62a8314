#include "rewrite/job/outputs.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/log.h"
#include "records/jsonl.h"
#include "records/kept_texts.h"
#include "records/lines.h"
#include "records/parquet_writer.h"
#include "rewrite/engine/reply.h"
#include "text/unicode/utf8.h"

namespace clipwright::rewrite::job {
namespace {

constexpr const char* kRecipesFile = "recipes.json";

records::Record record_of(std::string key, const std::string& source, const std::string& mode,
                          const std::optional<ledger::LedgerRow>& row, const Scorer& scorer,
                          std::string recipe) {
  records::Record record{.key = std::move(key),
                         .mode = mode,
                         .source = source,
                         .source_sha256 = hex(sha256(source)),
                         .recipe = std::move(recipe)};
  if (!row) {
    record.status = !text::unicode::is_utf8(source) ? "skipped:not-utf8"
                    : usable_caption(source)        ? "missing"
                                                    : "skipped:empty";
    return record;
  }
  // Of a failure the ledger keeps the engine's words, which are no text.
  if (!row->status.starts_with("failed:")) record.text = row->text;
  record.status = row->status;
  record.attempt = row->attempt;
  if (!row->notes.empty()) {
    // What the job noted of the attempt: "source_cut".
    const Json notes = try_json(row->notes);
    record.source_cut = notes.is_object() && notes.value("source_cut", Json()) == true;
  }
  if (record.accepted() && scorer)
    record.scores = records::Scores::from_json(scorer(source, row->text));
  return record;
}

Json recipes_of(const JobPlan& plan) {
  Json recipes = Json::object();
  for (const PlannedMode& mode : plan.modes) {
    recipes[mode.task.mode] = {{"recipe", hex(mode.recipe.sha)},
                               {"description", mode.recipe.description}};
  }
  return recipes;
}

/// Every file that is wanted of a job, written side by side. They appear together: recipes of one
/// job beside texts of another would mislead the next one.
class OutputFiles {
 public:
  OutputFiles(const RewriteOptions& options, const JobPlan& plan) {
    if (!options.output.empty()) {
      for (const PlannedMode& mode : plan.modes) {
        lines_.push_back(
            std::make_unique<records::LineWriter>(options.output / (mode.task.mode + ".txt")));
      }
      jsonl_.emplace(options.output / "rewrites.jsonl");
      recipes_.emplace(options.output / kRecipesFile);
      recipes_->write(recipes_of(plan).dump(2) + "\n");
    }
    if (!options.parquet.empty()) parquet_.emplace(options.parquet);
    if (!options.records.empty()) kept_.emplace(options.records);
    for (const PlannedMode& mode : plan.modes) {
      if (parquet_) parquet_->describe(hex(mode.recipe.sha), mode.recipe.description);
      if (kept_) kept_->add_recipe(mode.recipe.sha, mode.recipe.description);
    }
  }
  /// Scoring costs time: for the records that hold scores only.
  bool want_records() const { return jsonl_ || parquet_; }
  void add_line(size_t mode, std::string_view text) {
    if (!lines_.empty()) lines_[mode]->add(text);
  }
  void add(const records::Record& record) {
    if (jsonl_) jsonl_->add(record);
    if (parquet_) parquet_->add(record);
  }
  void keep(const ledger::LedgerRow& row, const std::string& source, int64_t occurrence) {
    if (kept_) kept_->add({source, row.mode, row.recipe, row.text, row.attempt, occurrence});
  }
  void commit() {
    std::vector<AtomicFile*> files;
    for (const auto& lines : lines_) files.push_back(&lines->file());
    if (jsonl_) files.push_back(&jsonl_->file());
    if (recipes_) files.push_back(&*recipes_);
    if (parquet_) files.push_back(&parquet_->close());
    if (kept_) files.push_back(&kept_->close());
    commit_together(files);
  }

 private:
  std::vector<std::unique_ptr<records::LineWriter>> lines_;  ///< one a mode
  std::optional<records::JsonlWriter> jsonl_;
  std::optional<AtomicFile> recipes_;
  std::optional<records::ParquetWriter> parquet_;
  std::optional<records::KeptTextWriter> kept_;
};

}  // namespace

void check_output_folder(const fs::path& folder, const std::vector<prompt::ExamplePack>& packs) {
  const fs::path file = folder / kRecipesFile;
  if (!fs::exists(file) || !fs::exists(folder / "rewrites.jsonl")) return;
  const Json recipes = try_json(read_file(file));
  if (!recipes.is_object()) return;
  std::string others;
  for (const auto& recipe : recipes.items()) {
    const std::string& mode = recipe.key();
    const bool ours = std::any_of(packs.begin(), packs.end(), [&](const prompt::ExamplePack& pack) {
      return pack.mode() == mode;
    });
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

void write_outputs(const records::CaptionSource& captions, const RewriteOptions& options,
                   const JobPlan& plan, ledger::Ledger& ledger) {
  if (options.output.empty() && options.parquet.empty() && options.records.empty()) return;
  OutputFiles files(options, plan);
  Progress progress("writing", plan.summary.captions);
  constexpr int64_t kBlock = 1000;  // a question to the ledger for each would take days on a server
  for (int64_t from = 0; from < plan.summary.captions; from += kBlock) {
    const int64_t to = std::min(from + kBlock, plan.summary.captions);
    std::vector<std::string> sources;
    std::vector<Sha256> keys;
    for (int64_t i = from; i < to; ++i) {
      sources.push_back(captions.caption(i));
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
        const bool accepted = row && row->status == records::kAccepted;
        files.add_line(m, accepted ? row->text : std::string());
        if (files.want_records())
          files.add(record_of(captions.key(i), source, mode, row, options.scorer, hex(recipe)));
        if (accepted) files.keep(*row, source, plan.occurrence(i));
      }
    }
    progress.update(to);
  }
  files.commit();
}

}  // namespace clipwright::rewrite::job
