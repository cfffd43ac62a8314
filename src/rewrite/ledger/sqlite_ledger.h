// The ledger in one SQLite file, safe against kills and power cuts (write-ahead
// log, synced at every commit). Several processes may share it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rewrite/ledger/ledger.h"
#include "rewrite/ledger/sqlite_claims.h"
#include "rewrite/ledger/sqlite_database.h"
#include "rewrite/ledger/sqlite_worker_slot.h"

namespace clipwright::rewrite::ledger {

class SqliteLedger final : public Ledger {
 public:
  /// With kRead only what reads may be called, and nothing is made or changed. `fill`: an empty
  /// file that is there already is made a ledger. Throws Error(kInput) for anything else that is no
  /// ledger.
  SqliteLedger(const std::filesystem::path& path, SqliteAccess access, bool fill = true);

  using Ledger::add;
  using Ledger::last;
  void describe(const Sha256& recipe, const std::string& description) override;
  void add(const LedgerRow& row, const LedgerSource& source) override;
  void release(const Sha256& source, const LedgerTask& task) override;
  void commit() override;
  std::vector<ClaimAnswer> claim(const LedgerTask& task, std::span<const Sha256> sources,
                                 int attempts) override;
  void renew() override {}  // a claim holds as long as the process lives
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
  using Statement = SqliteDatabase::Statement;

  bool has(const std::string& question);
  void check_name();
  void check_tables(bool may_be_empty);
  void make_tables(int version);
  void prepare_writing(int version);
  void insert(sqlite3_stmt* statement, const LedgerRow& row, const std::string& at);
  LedgerRow read_row(sqlite3_stmt* statement) const;

  const bool reads_;
  uint64_t device_ = 0, file_ = 0;  ///< of the name when it was opened
  SqliteDatabase database_;
  std::optional<SqliteWorkerSlot> slot_;
  std::optional<SqliteClaims> own_claims_;  ///< of a ledger that is written
  Statement insert_row_, insert_source_, last_;
  std::vector<WaitingRow> waiting_;
  std::vector<ReleasedClaim> released_;
  std::string worker_;
  std::string occurrence_;  ///< column of `source`, or 0 in a ledger from before it
  bool claims_ = true;      ///< has the table `claim`
};

}  // namespace clipwright::rewrite::ledger
