// The ledger in a PostgreSQL database, for workers on many machines
// (docs/formats/ledger.md).
#pragma once

#include <string>
#include <vector>

#include "rewrite/ledger/ledger.h"
#include "rewrite/ledger/postgres_claims.h"
#include "rewrite/ledger/postgres_connection.h"

namespace clipwright::rewrite::ledger {

/// What a worker takes is leased: until the lease ends by the database's clock,
/// nobody else gets it. Rows that were added stay in memory until the server
/// has confirmed them.
class PostgresLedger final : public Ledger {
 public:
  PostgresLedger(const std::string& url, const LedgerOptions& options);

  /// False for a database without a ledger, opened with `create` off; nothing
  /// else may be asked then.
  bool exists();

  using Ledger::add;
  using Ledger::last;
  void describe(const Sha256& recipe, const std::string& description) override;
  void add(const LedgerRow& row, const LedgerSource& source) override;
  void release(const Sha256& source, const LedgerTask& task) override;
  void commit() override;
  std::vector<ClaimAnswer> claim(const LedgerTask& task, std::span<const Sha256> sources,
                                 int attempts) override;
  void renew() override;
  void release_all() override;
  int64_t held_elsewhere() override;
  void progress(std::span<const LedgerTask> tasks,
                const std::function<void(size_t, const LedgerProgress&)>& use) override;
  std::vector<std::optional<LedgerRow>> last(std::span<const Sha256> sources,
                                             const LedgerTask& task) override;
  void each_row(const std::function<void(const LedgerRow&, const LedgerSource&)>& use) override;
  void each_accepted(const std::function<void(const LedgerRow&, std::string_view)>& use) override;
  void each_recipe(const std::function<void(const Sha256&, const std::string&)>& use) override;
  std::vector<std::optional<LedgerRow>> find(std::span<const LedgerRow> keys) override;
  void replace(const LedgerRow& row) override;
  std::vector<LedgerCount> counts() override;
  std::vector<LedgerWorker> workers() override;
  std::vector<std::string> damage() override;

 private:
  void make_tables();
  void insert_sources();
  void insert_rows(std::span<const LedgerRow* const> rows, const char* on_conflict);

  PostgresConnection connection_;
  std::string worker_;
  PostgresClaims claims_;
  std::vector<WaitingRow> waiting_;
  std::vector<ReleasedClaim> released_;
};

}  // namespace clipwright::rewrite::ledger
