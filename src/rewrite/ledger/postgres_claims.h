// Which captions a worker of a ledger on a server has: leases by the database's clock.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rewrite/ledger/ledger.h"
#include "rewrite/ledger/postgres_connection.h"

namespace clipwright::rewrite::ledger {

class PostgresClaims {
 public:
  /// `lease`: seconds that claims outlive the worker's last sign of life. The connection outlives
  /// the object.
  PostgresClaims(PostgresConnection& connection, std::string worker, double lease);

  std::vector<ClaimAnswer> claim(const LedgerTask& task, std::span<const Sha256> sources,
                                 int attempts);
  void renew();
  /// Within the caller's transaction.
  void release(std::span<const ReleasedClaim> released);
  void release_all();
  /// Captions that other living workers have.
  int64_t held_elsewhere();

 private:
  PostgresConnection& connection_;
  std::string worker_, lease_;
};

}  // namespace clipwright::rewrite::ledger
