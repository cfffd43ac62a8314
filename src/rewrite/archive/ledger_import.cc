#include "rewrite/archive/ledger_import.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/json.h"
#include "records/kept_texts.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::archive {

int64_t import_records(const std::filesystem::path& path, ledger::Ledger& ledger) {
  int64_t count = 0;
  records::each_kept_text(
      path,
      [&](const Sha256& recipe, const Json& description) {
        const std::string text = to_line(description);
        if (!ledger::describes(text, recipe)) {
          fail_input(
              path.string() + ": the description of recipe " + hex(recipe) + " is another one's",
              "records written with --records or 'clipwright ledger export'");
        }
        ledger.describe(recipe, text);
      },
      [&](const records::KeptText& kept) {
        ledger.add({.source = ledger::source_key(kept.source, kept.occurrence),
                    .mode = kept.mode,
                    .recipe = kept.recipe,
                    .attempt = kept.attempt,
                    .status = "accepted",
                    .text = kept.text},
                   {kept.source, kept.occurrence});
        ++count;
        constexpr int64_t kBlock = 5000;
        if (count % kBlock == 0) ledger.commit();
      });
  ledger.commit();
  return count;
}

}  // namespace clipwright::rewrite::archive
