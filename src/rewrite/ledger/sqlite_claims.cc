#include "rewrite/ledger/sqlite_claims.h"

#include <utility>

namespace clipwright::rewrite::ledger {

using Db = SqliteDatabase;

SqliteClaims::SqliteClaims(SqliteDatabase& database, const SqliteWorkerSlot& slot,
                           std::string worker)
    : database_(database), slot_(slot), worker_(std::move(worker)) {
  made_ = database_.prepare(
      "SELECT MAX(attempt) + 1, MAX(status = 'accepted'), SUM(status LIKE 'rejected:%') "
      "FROM rewrite WHERE source_sha = ? AND "
      "mode = ? AND recipe_sha = ?");
  claimed_by_ = database_.prepare(
      "SELECT slot FROM claim WHERE source_sha = ? "
      "AND mode = ? AND recipe_sha = ?");
  insert_claim_ = database_.prepare(
      "INSERT OR REPLACE INTO claim (source_sha, mode, "
      "recipe_sha, worker, slot) VALUES (?, ?, ?, "
      "?, ?)");
  release_ = database_.prepare(
      "DELETE FROM claim WHERE source_sha = ? AND "
      "mode = ? AND recipe_sha = ? AND slot = ?");
}

ClaimAnswer SqliteClaims::claim_one(const LedgerTask& task, const Sha256& source, int attempts) {
  const auto bind_key = [&](const Statement& statement) {
    Db::bind(statement.get(), 1, source);
    Db::bind(statement.get(), 2, task.mode);
    Db::bind(statement.get(), 3, task.recipe);
  };
  ClaimAnswer answer;
  bind_key(made_);
  database_.next(made_.get());
  answer.attempts = static_cast<int>(Db::integer(made_.get(), 0));
  const bool accepted = Db::integer(made_.get(), 1) != 0;
  answer.rejected = static_cast<int>(Db::integer(made_.get(), 2));
  database_.reset(made_.get());
  if (accepted || answer.rejected >= attempts) {
    answer.state = ClaimAnswer::kDone;
    return answer;
  }
  bind_key(claimed_by_);
  const bool claimed = database_.next(claimed_by_.get());
  const int slot = claimed ? static_cast<int>(Db::integer(claimed_by_.get(), 0)) : -1;
  database_.reset(claimed_by_.get());
  if (claimed && slot_.lives(slot)) return answer;
  bind_key(insert_claim_);
  Db::bind(insert_claim_.get(), 4, worker_);
  Db::bind(insert_claim_.get(), 5, int64_t{slot_.slot()});
  database_.finish(insert_claim_.get());
  answer.state = ClaimAnswer::kOurs;
  return answer;
}

std::vector<ClaimAnswer> SqliteClaims::claim(const LedgerTask& task,
                                             std::span<const Sha256> sources, int attempts) {
  std::vector<ClaimAnswer> answers;
  // A claim that a power cut takes away is void anyway: without a sync it costs
  // microseconds.
  database_.execute("PRAGMA synchronous=NORMAL");
  database_.transaction([&] {
    // What a dead worker left under this slot's number would seem to be ours.
    if (!std::exchange(claiming_, true)) release_all();
    for (const Sha256& source : sources) answers.push_back(claim_one(task, source, attempts));
  });
  database_.execute("PRAGMA synchronous=FULL");
  return answers;
}

void SqliteClaims::release(const ReleasedClaim& released) {
  Db::bind(release_.get(), 1, released.source);
  Db::bind(release_.get(), 2, released.task.mode);
  Db::bind(release_.get(), 3, released.task.recipe);
  Db::bind(release_.get(), 4, int64_t{slot_.slot()});
  database_.finish(release_.get());
}

void SqliteClaims::release_all() {
  const Statement remove = database_.prepare("DELETE FROM claim WHERE slot = ?");
  Db::bind(remove.get(), 1, int64_t{slot_.slot()});
  database_.finish(remove.get());
}

int64_t claims_held_elsewhere(SqliteDatabase& database, const SqliteWorkerSlot& slot) {
  int64_t held = 0;
  const SqliteDatabase::Statement select =
      database.prepare("SELECT slot, COUNT(*) FROM claim GROUP BY slot");
  while (database.next(select.get())) {
    if (slot.lives(static_cast<int>(Db::integer(select.get(), 0))))
      held += Db::integer(select.get(), 1);
  }
  return held;
}

}  // namespace clipwright::rewrite::ledger
