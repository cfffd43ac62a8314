#include "rewrite/archive/ledger_export.h"

#include <optional>

#include "core/error.h"
#include "core/hash.h"
#include "core/json.h"
#include "records/jsonl.h"
#include "records/kept_texts.h"

namespace clipwright::rewrite::archive {
namespace {

records::Record record_of(const ledger::LedgerRow& row, const ledger::LedgerSource& source) {
  records::Record record{.key = hex(row.source),
                         .mode = row.mode,
                         .source = std::string(source.text),
                         .source_sha256 = hex(sha256(source.text)),
                         .text = row.text,
                         .status = row.status,
                         .attempt = row.attempt,
                         .occurrence = source.occurrence,
                         .recipe = hex(row.recipe)};
  // What the job noted of the text: the audit's score and flags, and whether the caption was cut.
  const Json notes = try_json(row.notes);
  record.scores = records::Scores::from_json(notes);
  record.source_cut = notes.is_object() && notes.value("source_cut", Json()) == true;
  return record;
}

/// What an attempt took, beyond what a record says.
Json costs_of(const ledger::LedgerRow& row) {
  return {{"tokens_in", row.tokens_in},
          {"tokens_out", row.tokens_out},
          {"seconds", row.seconds},
          {"worker", row.worker},
          {"at", row.at}};
}

bool same_task(const ledger::LedgerRow& a, const ledger::LedgerRow& b) {
  return a.source == b.source && a.mode == b.mode && a.recipe == b.recipe;
}

int64_t write_records(ledger::Ledger& ledger, const std::filesystem::path& path,
                      const std::function<bool(const ledger::LedgerRow&)>& wanted) {
  records::KeptTextWriter writer(path);
  int64_t count = 0;
  ledger.each_recipe([&](const Sha256& recipe, const std::string& description) {
    writer.add_recipe(recipe, try_json(description));
  });
  ledger.each_row([&](const ledger::LedgerRow& row, const ledger::LedgerSource& source) {
    if (row.status != "accepted" || source.text.data() == nullptr || !wanted(row)) return;
    writer.add({.source = std::string(source.text),
                .mode = row.mode,
                .recipe = row.recipe,
                .text = row.text,
                .attempt = row.attempt,
                .occurrence = source.occurrence});
    ++count;
  });
  if (count > 0) writer.commit();
  return count;
}

int64_t write_lines(ledger::Ledger& ledger, const std::filesystem::path& path, bool every_attempt,
                    const std::function<bool(const ledger::LedgerRow&)>& wanted) {
  records::JsonlWriter writer(path);
  int64_t count = 0;
  std::optional<ledger::LedgerRow> last;  // rows come by key: a task's attempts one after the other
  std::string text;
  int64_t occurrence = 0;
  const auto write_last = [&] {
    if (!last) return;
    writer.add(record_of(*last, {text, occurrence}));
    ++count;
  };
  ledger.each_row([&](const ledger::LedgerRow& row, const ledger::LedgerSource& source) {
    if (source.text.data() == nullptr || !wanted(row)) return;
    if (every_attempt) {
      writer.add(record_of(row, source), costs_of(row));
      ++count;
      return;
    }
    const bool same = last && same_task(*last, row);
    if (same && last->status == "accepted") return;  // another worker tried once more
    if (last && !same) write_last();
    last = row;
    text = source.text;
    occurrence = source.occurrence;
  });
  write_last();
  if (count > 0) writer.commit();
  return count;
}

}  // namespace

LedgerExport::Format parse_export_format(const std::string& name) {
  if (name == "records") return LedgerExport::kRecords;
  if (name == "rewrites") return LedgerExport::kRewrites;
  if (name == "attempts") return LedgerExport::kAttempts;
  fail_usage("'" + name + "' is no format of an export", "records, rewrites or attempts");
}

int64_t export_ledger(ledger::Ledger& ledger, const std::filesystem::path& path,
                      const LedgerExport& choice) {
  if (path.extension() == ".gz" && choice.format != LedgerExport::kRecords)
    fail_usage(path.string() + ": only records are gzipped", "--format records, or a plain name");
  const auto wanted = [&](const ledger::LedgerRow& row) {
    return (choice.mode.empty() || row.mode == choice.mode) &&
           (choice.recipe.empty() || hex(row.recipe).starts_with(choice.recipe));
  };
  const int64_t count =
      choice.format == LedgerExport::kRecords
          ? write_records(ledger, path, wanted)
          : write_lines(ledger, path, choice.format == LedgerExport::kAttempts, wanted);
  if (count == 0)
    fail_input("the ledger has no rewrite to export", "an accepted one of this mode and recipe",
               "'clipwright ledger status' tells what it holds.");
  return count;
}

}  // namespace clipwright::rewrite::archive
