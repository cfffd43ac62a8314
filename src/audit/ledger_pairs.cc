#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "audit/pairs.h"
#include "core/error.h"
#include "core/hash.h"

namespace clipwright {
namespace {

class LedgerPairs : public PairSource {
 public:
  explicit LedgerPairs(std::string path) : path_(std::move(path)) {
    sqlite3* database = nullptr;
    const auto [name, flags] = opening();
    const int code = sqlite3_open_v2(name.c_str(), &database, flags, nullptr);
    database_.reset(database);
    if (code != SQLITE_OK) refuse(sqlite3_errstr(code));
    sqlite3_busy_timeout(database, 10000);
    sqlite3_exec(database, "PRAGMA query_only=1", nullptr, nullptr, nullptr);
    total_ = count(
        "SELECT COUNT(*) FROM rewrite JOIN source USING (source_sha) WHERE status = 'accepted'");
    Statement others =
        prepare("SELECT status, COUNT(*) FROM rewrite WHERE status <> 'accepted' GROUP BY status");
    while (step(others)) passed_over[text(others, 0)] = sqlite3_column_int64(others.get(), 1);
    if (const int64_t orphans =
            count("SELECT COUNT(*) FROM rewrite WHERE status = 'accepted'") - total_;
        orphans > 0) {
      passed_over["without source"] = orphans;
    }
    rows_ = prepare(
        "SELECT source_sha, mode, source.text, rewrite.text FROM rewrite JOIN source USING "
        "(source_sha) WHERE status = 'accepted' "
        "ORDER BY source_sha, mode, recipe_sha, attempt");
  }

  bool next(AuditPair& pair) override {
    if (!step(rows_)) return false;
    const auto* key = static_cast<const uint8_t*>(sqlite3_column_blob(rows_.get(), 0));
    pair.key = key == nullptr
                   ? std::string()
                   : hex({key, static_cast<size_t>(sqlite3_column_bytes(rows_.get(), 0))});
    pair.mode = text(rows_, 1);
    pair.source = text(rows_, 2);
    pair.text = text(rows_, 3);
    return true;
  }

  int64_t total() const override { return total_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  /// Name and flags with which reading leaves no files beside a ledger that nobody works on, and
  /// needs none where none can be made (as in rewrite/sqlite_database.cc).
  std::pair<std::string, int> opening() const {
    namespace fs = std::filesystem;
    std::error_code absent;
    const std::string log = path_ + "-wal";
    const bool any_log = fs::exists(log, absent);
    const fs::path whole = fs::absolute(path_);
    if ((!any_log || fs::file_size(log, absent) == 0) && fs::exists(path_, absent) &&
        (::access(path_.c_str(), W_OK) != 0 ||
         ::access(whole.parent_path().c_str(), W_OK | X_OK) != 0) &&
        whole.string().find_first_of("%?#") == std::string::npos)
      return {"file://" + whole.string() + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI};
    return {path_, any_log ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE};
  }
  [[noreturn]] void refuse(const std::string& reason) const {
    fail_input(path_ + ": not a ledger that can be read (" + reason + ")",
               "an SQLite file written by 'clipwright rewrite --ledger'",
               "Check the path; to audit texts, give --captions and --rewrites.");
  }
  Statement prepare(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr) != SQLITE_OK)
      refuse(sqlite3_errmsg(database_.get()));
    return Statement(statement);
  }
  bool step(const Statement& statement) const {
    const int code = sqlite3_step(statement.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) refuse(sqlite3_errmsg(database_.get()));
    return code == SQLITE_ROW;
  }
  int64_t count(const char* sql) const {
    const Statement statement = prepare(sql);
    return step(statement) ? sqlite3_column_int64(statement.get(), 0) : 0;
  }
  static std::string text(const Statement& statement, int column) {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), column));
    return bytes == nullptr
               ? std::string()
               : std::string(bytes,
                             static_cast<size_t>(sqlite3_column_bytes(statement.get(), column)));
  }

  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
  Statement rows_;
  int64_t total_ = 0;
};

}  // namespace

std::unique_ptr<PairSource> open_ledger_pairs(const std::string& url) {
  constexpr std::string_view kScheme = "sqlite:";
  if (!url.starts_with(kScheme) && url.find("://") != std::string::npos) {
    fail_usage("'" + url + "' is no ledger this program can read", "sqlite:FILE");
  }
  return std::make_unique<LedgerPairs>(url.starts_with(kScheme) ? url.substr(kScheme.size()) : url);
}

}  // namespace clipwright
