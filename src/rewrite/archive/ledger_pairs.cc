#include "rewrite/archive/ledger_pairs.h"

#include <utility>

#include "audit/pairs/pushed_pairs.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::archive {

std::unique_ptr<audit::pairs::PairSource> open_ledger_pairs(const std::string& url) {
  std::shared_ptr<ledger::Ledger> ledger = ledger::open_ledger(url, {.create = false});
  int64_t accepted = 0;
  for (const ledger::LedgerCount& count : ledger->counts()) {
    if (count.status == "accepted") accepted += count.rows;
  }
  const auto read = [ledger = std::move(ledger)](audit::pairs::PushedPairs::Taker& taker) {
    ledger->each_row([&](const ledger::LedgerRow& row, const ledger::LedgerSource& source) {
      if (row.status != "accepted") {
        taker.pass_over(row.status);
      } else if (source.text.data() == nullptr) {
        taker.pass_over("without source");
      } else {
        taker.pair({hex(row.source), row.mode, std::string(source.text), row.text});
      }
    });
  };
  return std::make_unique<audit::pairs::PushedPairs>(accepted, read);
}

}  // namespace clipwright::rewrite::archive
