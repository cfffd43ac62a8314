// The ledger in one SQLite file, safe against kills and power cuts (write-ahead log, synced at
// every commit).
#pragma once

#include <filesystem>

#include "rewrite/ledger.h"

struct sqlite3;
struct sqlite3_stmt;

namespace clipwright {

class SqliteLedger final : public Ledger {
 public:
  explicit SqliteLedger(const std::filesystem::path& path);
  ~SqliteLedger() override;

  void describe(const Sha256& recipe, const std::string& description) override;
  void add(const LedgerRow& row, std::string_view source_text) override;
  void commit() override;
  std::vector<LedgerProgress> progress(std::string_view mode, const Sha256& recipe) override;
  std::optional<LedgerRow> last(const Sha256& source, std::string_view mode,
                                const Sha256& recipe) override;
  void each_accepted(const std::function<void(const LedgerRow&, std::string_view)>& use) override;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;
  struct Waiting {
    LedgerRow row;
    std::string source_text;
  };

  Statement prepare(const char* sql);
  void execute(const char* sql);
  /// Runs to the end; throws on anything but success.
  void finish(sqlite3_stmt* statement);
  bool next(sqlite3_stmt* statement);
  [[noreturn]] void fail(int code);

  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Close> database_;
  Statement insert_row_, insert_source_, last_;
  std::vector<Waiting> waiting_;
  std::string worker_;  ///< "host:pid", to see who wrote what
};

}  // namespace clipwright
