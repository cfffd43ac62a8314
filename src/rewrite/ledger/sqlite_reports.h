// What a ledger file holds, in numbers.
#pragma once

#include <string>
#include <vector>

#include "rewrite/ledger/ledger.h"
#include "rewrite/ledger/sqlite_database.h"
#include "rewrite/ledger/sqlite_worker_slot.h"

namespace clipwright::rewrite::ledger {

std::vector<LedgerCount> sqlite_counts(SqliteDatabase& database);
/// `slot` tells whose claims hold; nullptr for a ledger without claims.
std::vector<LedgerWorker> sqlite_workers(SqliteDatabase& database, const SqliteWorkerSlot* slot);
/// What SQLite's own check finds, a line each.
std::vector<std::string> sqlite_damage(SqliteDatabase& database);

}  // namespace clipwright::rewrite::ledger
