#include "rewrite/outputs.h"

#include <memory>
#include <optional>

#include "core/file.h"
#include "core/log.h"
#include "rewrite/records.h"
#include "rewrite/reply.h"

namespace clipwright {
namespace {

constexpr std::string_view kAccepted = "accepted";

/// One record of rewrites.jsonl.
Json record(const std::string& key, const std::string& source, const Sha256& sha,
            const std::string& mode, const std::optional<LedgerRow>& row, const Scorer& scorer,
            const std::string& recipe) {
  Json line = {{"key", key}, {"mode", mode}, {"source", source}, {"source_sha256", hex(sha)}};
  line["text"] = row ? row->text : "";
  line["status"] =
      row ? row->status
          : (valid_utf8(source) ? (usable_caption(source) ? "missing" : "skipped:empty")
                                : "skipped:not-utf8");
  line["attempt"] = row ? row->attempt : 0;
  line["scores"] =
      row && row->status == kAccepted && scorer ? scorer(source, row->text) : Json::object();
  line["recipe"] = recipe;
  return line;
}

}  // namespace

void write_outputs(const CaptionSource& captions, const RewriteOptions& options,
                   const JobPlan& plan, Ledger& ledger) {
  std::vector<std::unique_ptr<AtomicFile>> lines;
  std::unique_ptr<AtomicFile> jsonl;
  if (!options.output.empty()) {
    for (const ExamplePack& pack : options.packs)
      lines.push_back(std::make_unique<AtomicFile>(options.output / (pack.mode() + ".txt")));
    jsonl = std::make_unique<AtomicFile>(options.output / "rewrites.jsonl");
  }
  std::optional<RecordWriter> records;
  if (!options.records.empty()) {
    records.emplace(options.records);
    for (const PlannedMode& mode : plan.modes)
      records->add_recipe(mode.recipe.sha, mode.recipe.description);
  }
  Progress progress("writing", plan.summary.captions);
  for (int64_t i = 0; i < plan.summary.captions; ++i) {
    const std::string source = captions.text(i);
    const Sha256 sha = sha256(source);
    for (size_t m = 0; m < plan.modes.size(); ++m) {
      const std::string& mode = options.packs[m].mode();
      const Sha256& recipe = plan.modes[m].recipe.sha;
      const std::optional<LedgerRow> row = ledger.last(sha, mode, recipe);
      const bool accepted = row && row->status == kAccepted;
      if (jsonl) {
        lines[m]->write((accepted ? row->text : std::string()) + "\n");
        jsonl->write(
            to_line(record(captions.key(i), source, sha, mode, row, options.scorer, hex(recipe))) +
            "\n");
      }
      if (records && accepted) records->add(*row, source);
    }
    progress.update(i + 1);
  }
  for (const auto& file : lines) file->commit();
  if (jsonl) jsonl->commit();
  if (records) records->commit();
}

}  // namespace clipwright
