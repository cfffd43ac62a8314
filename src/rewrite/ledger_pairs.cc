#include "rewrite/ledger_pairs.h"

#include <utility>

#include "audit/pushed_pairs.h"
#include "rewrite/ledger.h"

namespace clipwright {

std::unique_ptr<PairSource> open_ledger_pairs(const std::string& url) {
  std::shared_ptr<Ledger> ledger = open_ledger(url, {.create = false});
  int64_t accepted = 0;
  for (const LedgerCount& count : ledger->counts()) {
    if (count.status == "accepted") accepted += count.rows;
  }
  const auto read = [ledger = std::move(ledger)](PushedPairs::Taker& taker) {
    ledger->each_row([&](const LedgerRow& row, const LedgerSource& source) {
      if (row.status != "accepted") {
        taker.pass_over(row.status);
      } else if (source.text.data() == nullptr) {
        taker.pass_over("without source");
      } else {
        taker.pair({hex(row.source), row.mode, std::string(source.text), row.text});
      }
    });
  };
  return std::make_unique<PushedPairs>(accepted, read);
}

}  // namespace clipwright
