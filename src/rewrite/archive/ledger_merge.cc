#include "rewrite/archive/ledger_merge.h"

#include <tuple>
#include <utility>

#include "core/log.h"
#include "rewrite/archive/ledger_report.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::archive {
namespace {

/// Which of two rows with one key counts: an accepted one, else the older, and among equally old
/// ones always the same.
bool comes_before(const ledger::LedgerRow& a, const ledger::LedgerRow& b) {
  const bool a_accepted = a.status == "accepted", b_accepted = b.status == "accepted";
  if (a_accepted != b_accepted) return a_accepted;
  return std::tie(a.at, a.worker, a.text, a.status) < std::tie(b.at, b.worker, b.text, b.status);
}

std::string in_words(const ledger::LedgerRow& row) {
  return row.status + " '" + row.text + "' of " + row.at;
}

struct Incoming {
  ledger::LedgerRow row;
  std::string text;
  int64_t occurrence;
};

void take(ledger::Ledger& into, std::vector<Incoming>& block, LedgerMerge& merge) {
  std::vector<ledger::LedgerRow> keys;
  keys.reserve(block.size());
  for (const Incoming& incoming : block) keys.push_back(incoming.row);
  const std::vector<std::optional<ledger::LedgerRow>> there = into.find(keys);
  for (size_t i = 0; i < block.size(); ++i) {
    const ledger::LedgerRow& row = block[i].row;
    if (!there[i]) {
      ++merge.added;
      into.add(row, {block[i].text, block[i].occurrence});
    } else if (there[i]->text == row.text && there[i]->status == row.status) {
      ++merge.equal;
    } else {
      ++merge.conflicts;
      const bool better = comes_before(row, *there[i]);
      if (better) {
        into.replace(row);
        ++merge.replaced;
      }
      constexpr size_t kExamples = 5;
      if (merge.examples.size() < kExamples) {
        const ledger::LedgerRow& kept = better ? row : *there[i];
        const ledger::LedgerRow& left = better ? *there[i] : row;
        merge.examples.push_back("'" + block[i].text + "' (" + row.mode + ", attempt " +
                                 std::to_string(row.attempt) + "): kept " + in_words(kept) +
                                 ", left " + in_words(left));
      }
    }
  }
  into.commit();
  block.clear();
}

}  // namespace

LedgerMerge merge_ledger(ledger::Ledger& into, ledger::Ledger& from) {
  LedgerMerge merge;
  from.each_recipe([&](const Sha256& recipe, const std::string& description) {
    if (ledger::describes(description, recipe)) {
      into.describe(recipe, description);
    } else {
      ++merge.damaged_recipes;
    }
  });
  constexpr size_t kBlock = 5000;
  std::vector<Incoming> block;
  Progress progress("merging", 0);
  int64_t rows = 0;
  Sha256 caption{};
  bool any = false, intact = false;  // of that caption, whose rows follow one another
  from.each_row([&](const ledger::LedgerRow& row, const ledger::LedgerSource& source) {
    progress.update(++rows);
    if (source.text.data() == nullptr) {
      ++merge.without_source;
      return;
    }
    if (!any || row.source != caption) {
      any = true;
      caption = row.source;
      intact = ledger::source_key(source.text, source.occurrence) == row.source;
    }
    if (!intact || !known_status(row.status)) {
      ++merge.damaged;
      return;
    }
    block.push_back({row, std::string(source.text), source.occurrence});
    if (block.size() == kBlock) take(into, block, merge);
  });
  take(into, block, merge);
  return merge;
}

Json LedgerMerge::to_json() const {
  return {{"added", added},
          {"equal", equal},
          {"conflicts", conflicts},
          {"replaced", replaced},
          {"without_source", without_source},
          {"damaged", damaged},
          {"damaged_recipes", damaged_recipes},
          {"examples", examples}};
}

std::string describe(const LedgerMerge& merge) {
  std::string text = with_commas(merge.added) + " attempts added, " + with_commas(merge.equal) +
                     " there already, " + with_commas(merge.conflicts) + " in conflict";
  if (merge.conflicts > 0)
    text +=
        " (an accepted one counts, else the older; " + with_commas(merge.replaced) + " replaced)";
  if (merge.without_source > 0)
    text += ", " + with_commas(merge.without_source) + " left out because their caption is lost";
  if (merge.damaged > 0) text += ", " + with_commas(merge.damaged) + " left out as damaged";
  if (merge.damaged_recipes > 0)
    text += ", " + with_commas(merge.damaged_recipes) + " damaged descriptions of recipes left out";
  text += "\n";
  for (const std::string& example : merge.examples) text += "  " + example + "\n";
  return text;
}

}  // namespace clipwright::rewrite::archive
