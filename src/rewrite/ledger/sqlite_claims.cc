// Which captions a worker has: claims that hold as long as its process lives.
#include <utility>

#include "core/error.h"
#include "rewrite/ledger/sqlite_ledger.h"

namespace clipwright::rewrite::ledger {

using Db = SqliteDatabase;

ClaimAnswer SqliteLedger::claim_one(const LedgerTask& task, const Sha256& source, int attempts) {
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
  if (claimed && slot_->lives(slot)) return answer;
  bind_key(insert_claim_);
  Db::bind(insert_claim_.get(), 4, worker_);
  Db::bind(insert_claim_.get(), 5, int64_t{slot_->slot()});
  database_.finish(insert_claim_.get());
  answer.state = ClaimAnswer::kOurs;
  return answer;
}

std::vector<ClaimAnswer> SqliteLedger::claim(const LedgerTask& task,
                                             std::span<const Sha256> sources, int attempts) {
  CW_CHECK(!reads_, "a ledger that was opened to be read");
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

void SqliteLedger::release_all() {
  CW_CHECK(!reads_, "a ledger that was opened to be read");
  const Statement remove = database_.prepare("DELETE FROM claim WHERE slot = ?");
  Db::bind(remove.get(), 1, int64_t{slot_->slot()});
  database_.finish(remove.get());
}

int64_t SqliteLedger::held_elsewhere() {
  if (!claims_) return 0;
  int64_t held = 0;
  const Statement select = database_.prepare("SELECT slot, COUNT(*) FROM claim GROUP BY slot");
  while (database_.next(select.get())) {
    if (slot_->lives(static_cast<int>(Db::integer(select.get(), 0))))
      held += Db::integer(select.get(), 1);
  }
  return held;
}

}  // namespace clipwright::rewrite::ledger
