// What a ledger on a server holds, in numbers.
#pragma once

#include <string>
#include <vector>

#include "rewrite/ledger/ledger.h"
#include "rewrite/ledger/postgres_connection.h"

namespace clipwright::rewrite::ledger {

std::vector<LedgerCount> postgres_counts(PostgresConnection& connection);
std::vector<LedgerWorker> postgres_workers(PostgresConnection& connection);
/// What the server's own check finds, a line each.
std::vector<std::string> postgres_damage(PostgresConnection& connection);

}  // namespace clipwright::rewrite::ledger
