#include "rewrite/ledger/postgres_reports.h"

namespace clipwright::rewrite::ledger {

std::vector<LedgerCount> postgres_counts(PostgresConnection& connection) {
  std::vector<LedgerCount> all;
  connection.retrying([&] {
    const PostgresRows rows = connection.query(
        "SELECT mode, status, recipe_sha, COUNT(*), "
        "SUM(tokens_in), SUM(tokens_out), SUM(seconds) "
        "FROM rewrite GROUP BY 1, 3, 2 ORDER BY 1, 3, 2");
    all.clear();
    for (int i = 0; i < rows.size(); ++i) {
      all.push_back({std::string(rows.text(i, 0)), std::string(rows.text(i, 1)), rows.hash(i, 2),
                     rows.integer(i, 3), rows.integer(i, 4), rows.integer(i, 5), rows.real(i, 6)});
    }
  });
  return all;
}

std::vector<LedgerWorker> postgres_workers(PostgresConnection& connection) {
  std::vector<LedgerWorker> all;
  connection.retrying([&] {
    const PostgresRows rows = connection.query(
        "SELECT COALESCE(w.worker, c.worker), COALESCE(w.n, 0), "
        "COALESCE(w.first, ''), "
        "COALESCE(w.last, ''), COALESCE(c.n, 0), COALESCE(c.lease, 0) FROM "
        "(SELECT worker, COUNT(*) AS n, MIN(at) AS first, MAX(at) AS last FROM "
        "rewrite GROUP BY 1) "
        "w FULL JOIN (SELECT worker, COUNT(*) AS n, EXTRACT(EPOCH FROM "
        "MAX(until) - "
        "clock_timestamp()) AS lease FROM claim GROUP BY 1) c ON w.worker = "
        "c.worker ORDER BY 1");
    all.clear();
    for (int i = 0; i < rows.size(); ++i) {
      all.push_back({std::string(rows.text(i, 0)), rows.integer(i, 1), rows.integer(i, 4),
                     std::string(rows.text(i, 2)), std::string(rows.text(i, 3)), rows.real(i, 5)});
    }
  });
  return all;
}

std::vector<std::string> postgres_damage(PostgresConnection& connection) {
  // The server's own check of its pages and indexes, where its administrator
  // has installed it.
  std::vector<std::string> found;
  connection.retrying([&] {
    found.clear();
    if (connection.query("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'").size() == 0)
      return;
    for (const char* table : {"rewrite", "source", "recipe"}) {
      const PostgresRows rows =
          connection.query("SELECT msg FROM verify_heapam($1::regclass) LIMIT 20", {table});
      for (int i = 0; i < rows.size(); ++i)
        found.push_back(std::string(table) + ": " + std::string(rows.text(i, 0)));
    }
  });
  return found;
}

}  // namespace clipwright::rewrite::ledger
