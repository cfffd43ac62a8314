// What a ledger file holds, in numbers.
#include <limits>
#include <map>
#include <utility>

#include "core/error.h"
#include "rewrite/ledger/sqlite_ledger.h"

namespace clipwright::rewrite::ledger {
namespace {

using Db = SqliteDatabase;

}  // namespace

std::vector<LedgerCount> SqliteLedger::counts() {
  const Statement select = database_.prepare(
      "SELECT mode, status, recipe_sha, COUNT(*), "
      "SUM(tokens_in), SUM(tokens_out), SUM(seconds) "
      "FROM rewrite GROUP BY 1, 3, 2 ORDER BY 1, 3, 2");
  std::vector<LedgerCount> all;
  while (database_.next(select.get())) {
    sqlite3_stmt* row = select.get();
    all.push_back({std::string(Db::text(row, 0)), std::string(Db::text(row, 1)), Db::hash(row, 2),
                   Db::integer(row, 3), Db::integer(row, 4), Db::integer(row, 5),
                   Db::real(row, 6)});
  }
  return all;
}

std::vector<LedgerWorker> SqliteLedger::workers() {
  std::map<std::string, LedgerWorker> all;
  const Statement rows =
      database_.prepare("SELECT worker, COUNT(*), MIN(at), MAX(at) FROM rewrite GROUP BY worker");
  while (database_.next(rows.get())) {
    LedgerWorker& worker = all[std::string(Db::text(rows.get(), 0))];
    worker.rows = Db::integer(rows.get(), 1);
    worker.first = Db::text(rows.get(), 2);
    worker.last = Db::text(rows.get(), 3);
  }
  const Statement claims =
      claims_ ? database_.prepare("SELECT worker, COUNT(*), MAX(slot) FROM claim GROUP BY worker")
              : nullptr;
  while (claims != nullptr && database_.next(claims.get())) {
    LedgerWorker& worker = all[std::string(Db::text(claims.get(), 0))];
    worker.claims = Db::integer(claims.get(), 1);
    worker.lease = slot_->lives(static_cast<int>(Db::integer(claims.get(), 2)))
                       ? std::numeric_limits<double>::infinity()
                       : -1;
  }
  std::vector<LedgerWorker> list;
  for (auto& [name, worker] : all) {
    worker.name = name;
    list.push_back(std::move(worker));
  }
  return list;
}

std::vector<std::string> SqliteLedger::damage() {
  std::vector<std::string> found;
  try {
    const Statement check = database_.prepare("PRAGMA integrity_check(20)");
    while (database_.next(check.get())) {
      if (const std::string_view line = Db::text(check.get(), 0); line != "ok")
        found.emplace_back(line);
    }
  } catch (const Error& error) {
    found.emplace_back(error.what());
  }
  return found;
}

}  // namespace clipwright::rewrite::ledger
