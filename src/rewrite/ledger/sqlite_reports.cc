#include "rewrite/ledger/sqlite_reports.h"

#include <limits>
#include <map>
#include <utility>

#include "core/error.h"

namespace clipwright::rewrite::ledger {
namespace {

using Db = SqliteDatabase;
using Statement = SqliteDatabase::Statement;

}  // namespace

std::vector<LedgerCount> sqlite_counts(SqliteDatabase& database) {
  const Statement select = database.prepare(
      "SELECT mode, status, recipe_sha, COUNT(*), "
      "SUM(tokens_in), SUM(tokens_out), SUM(seconds) "
      "FROM rewrite GROUP BY 1, 3, 2 ORDER BY 1, 3, 2");
  std::vector<LedgerCount> all;
  while (database.next(select.get())) {
    sqlite3_stmt* row = select.get();
    all.push_back({std::string(Db::text(row, 0)), std::string(Db::text(row, 1)), Db::hash(row, 2),
                   Db::integer(row, 3), Db::integer(row, 4), Db::integer(row, 5),
                   Db::real(row, 6)});
  }
  return all;
}

std::vector<LedgerWorker> sqlite_workers(SqliteDatabase& database, const SqliteWorkerSlot* slot) {
  std::map<std::string, LedgerWorker> all;
  const Statement rows =
      database.prepare("SELECT worker, COUNT(*), MIN(at), MAX(at) FROM rewrite GROUP BY worker");
  while (database.next(rows.get())) {
    LedgerWorker& worker = all[std::string(Db::text(rows.get(), 0))];
    worker.rows = Db::integer(rows.get(), 1);
    worker.first = Db::text(rows.get(), 2);
    worker.last = Db::text(rows.get(), 3);
  }
  const Statement claims =
      slot != nullptr
          ? database.prepare("SELECT worker, COUNT(*), MAX(slot) FROM claim GROUP BY worker")
          : nullptr;
  while (claims != nullptr && database.next(claims.get())) {
    LedgerWorker& worker = all[std::string(Db::text(claims.get(), 0))];
    worker.claims = Db::integer(claims.get(), 1);
    worker.lease = slot->lives(static_cast<int>(Db::integer(claims.get(), 2)))
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

std::vector<std::string> sqlite_damage(SqliteDatabase& database) {
  std::vector<std::string> found;
  try {
    const Statement check = database.prepare("PRAGMA integrity_check(20)");
    while (database.next(check.get())) {
      if (const std::string_view line = Db::text(check.get(), 0); line != "ok")
        found.emplace_back(line);
    }
  } catch (const Error& error) {
    found.emplace_back(error.what());
  }
  return found;
}

}  // namespace clipwright::rewrite::ledger
