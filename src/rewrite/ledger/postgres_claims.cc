#include "rewrite/ledger/postgres_claims.h"

#include <algorithm>
#include <map>
#include <utility>

namespace clipwright::rewrite::ledger {

PostgresClaims::PostgresClaims(PostgresConnection& connection, std::string worker, double lease)
    : connection_(connection),
      worker_(std::move(worker)),
      lease_(std::to_string(lease) + " seconds") {}

std::vector<ClaimAnswer> PostgresClaims::claim(const LedgerTask& task,
                                               std::span<const Sha256> sources, int attempts) {
  std::vector<Sha256> sorted(sources.begin(), sources.end());
  std::sort(sorted.begin(), sorted.end());
  const std::string wanted = PostgresArray::of(sorted), recipe = postgres_bytes(task.recipe);
  std::map<Sha256, ClaimAnswer> answers;
  connection_.transaction([&] {
    answers.clear();
    // Free captions are inserted; of expired claims those are taken over that
    // nobody else is taking over at this moment.
    const PostgresRows taken = connection_.query(
        "WITH wanted AS (SELECT unnest($1::bytea[]) AS s), "
        "expired AS (SELECT c.source_sha AS s FROM claim c JOIN wanted w ON "
        "c.source_sha = w.s "
        "WHERE c.mode = $2 AND c.recipe_sha = $3::bytea AND (c.until < "
        "clock_timestamp() OR "
        "c.worker = $4) FOR UPDATE OF c SKIP LOCKED), "
        "retaken AS (UPDATE claim c SET worker = $4, until = clock_timestamp() "
        "+ $5::interval FROM "
        "expired e WHERE c.source_sha = e.s AND c.mode = $2 AND c.recipe_sha = "
        "$3::bytea RETURNING "
        "c.source_sha), "
        "fresh AS (INSERT INTO claim SELECT s, $2, $3::bytea, $4, "
        "clock_timestamp() + $5::interval "
        "FROM wanted ON CONFLICT DO NOTHING RETURNING source_sha) "
        "SELECT source_sha FROM retaken UNION ALL SELECT source_sha FROM fresh",
        {wanted, task.mode, recipe, worker_, lease_});
    for (int i = 0; i < taken.size(); ++i) answers[taken.hash(i, 0)].state = ClaimAnswer::kOurs;
    // Looked at after claiming: what another worker finished just before is
    // seen now.
    const PostgresRows made = connection_.query(
        "SELECT source_sha, MAX(attempt) + 1, BOOL_OR(status = 'accepted'), "
        "COUNT(*) FILTER (WHERE status LIKE 'rejected:%') FROM rewrite WHERE "
        "source_sha = ANY($1::bytea[]) AND mode = $2 AND "
        "recipe_sha = $3::bytea GROUP BY 1",
        {wanted, task.mode, recipe});
    PostgresArray done;
    bool any_done = false;
    for (int i = 0; i < made.size(); ++i) {
      ClaimAnswer& answer = answers[made.hash(i, 0)];
      answer.attempts = static_cast<int>(made.integer(i, 1));
      answer.rejected = static_cast<int>(made.integer(i, 3));
      if (!made.truth(i, 2) && answer.rejected < attempts) continue;
      answer.state = ClaimAnswer::kDone;
      done.add(made.hash(i, 0));
      any_done = true;
    }
    if (any_done) {
      connection_.query(
          "DELETE FROM claim WHERE source_sha = ANY($1::bytea[]) "
          "AND mode = $2 AND recipe_sha = "
          "$3::bytea AND worker = $4",
          {done.take(), task.mode, recipe, worker_});
    }
  });
  std::vector<ClaimAnswer> in_order;
  for (const Sha256& source : sources) in_order.push_back(answers[source]);
  return in_order;
}

void PostgresClaims::renew() {
  connection_.retrying([&] {
    connection_.query(
        "UPDATE claim SET until = clock_timestamp() + "
        "$2::interval WHERE worker = $1",
        {worker_, lease_});
  });
}

void PostgresClaims::release(std::span<const ReleasedClaim> released) {
  PostgresArray sources, modes, recipes;
  for (const ReleasedClaim& claim : released) {
    sources.add(claim.source);
    modes.add(claim.task.mode);
    recipes.add(claim.task.recipe);
  }
  connection_.query(
      "DELETE FROM claim c USING unnest($1::bytea[], $2::text[], "
      "$3::bytea[]) AS t(s, m, r) WHERE "
      "c.source_sha = t.s AND c.mode = t.m AND c.recipe_sha = "
      "t.r AND c.worker = $4",
      {sources.take(), modes.take(), recipes.take(), worker_});
}

void PostgresClaims::release_all() {
  connection_.retrying(
      [&] { connection_.query("DELETE FROM claim WHERE worker = $1", {worker_}); });
}

int64_t PostgresClaims::held_elsewhere() {
  int64_t held = 0;
  connection_.retrying([&] {
    held = connection_
               .query(
                   "SELECT COUNT(*) FROM claim WHERE worker <> $1 AND until "
                   ">= clock_timestamp()",
                   {worker_})
               .integer(0, 0);
  });
  return held;
}

}  // namespace clipwright::rewrite::ledger
