// Which captions a worker of a ledger file has: claims that hold as long as its process lives.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rewrite/ledger/ledger.h"
#include "rewrite/ledger/sqlite_database.h"
#include "rewrite/ledger/sqlite_worker_slot.h"

namespace clipwright::rewrite::ledger {

class SqliteClaims {
 public:
  /// Of the worker that holds `slot`. The tables are there; database and slot outlive the object.
  SqliteClaims(SqliteDatabase& database, const SqliteWorkerSlot& slot, std::string worker);

  std::vector<ClaimAnswer> claim(const LedgerTask& task, std::span<const Sha256> sources,
                                 int attempts);
  /// Within the caller's transaction.
  void release(const ReleasedClaim& released);
  void release_all();

 private:
  using Statement = SqliteDatabase::Statement;
  ClaimAnswer claim_one(const LedgerTask& task, const Sha256& source, int attempts);

  SqliteDatabase& database_;
  const SqliteWorkerSlot& slot_;
  std::string worker_;
  Statement made_, claimed_by_, insert_claim_, release_;
  bool claiming_ = false;  ///< this worker has asked for captions before
};

/// Captions that other living workers have.
int64_t claims_held_elsewhere(SqliteDatabase& database, const SqliteWorkerSlot& slot);

}  // namespace clipwright::rewrite::ledger
