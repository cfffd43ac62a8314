// A connection to an SQLite file: statements, values, and errors that are
// sentences.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/hash.h"

struct sqlite3;
struct sqlite3_stmt;

namespace clipwright::rewrite::ledger {

/// What a connection may do to the file.
enum class SqliteAccess {
  kRead,   ///< leaves the file and its folder as they are
  kWrite,  ///< the file is made when there is none
};

class SqliteDatabase {
 public:
  struct Close {
    void operator()(sqlite3* database) const;
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  /// Throws Error(kFailed) when the file cannot be opened or made.
  explicit SqliteDatabase(const std::filesystem::path& path,
                          SqliteAccess access = SqliteAccess::kWrite);

  /// Throws Error(kInput) when the file lacks what the statement names.
  Statement prepare(const std::string& sql);
  void execute(const std::string& sql);
  /// True while there are rows; throws on anything but success.
  bool next(sqlite3_stmt* statement);
  /// Runs to the end and makes the statement ready for the next values.
  void finish(sqlite3_stmt* statement);
  /// Makes a statement that has not run to its end ready for the next values.
  void reset(sqlite3_stmt* statement);
  /// Runs `work` between BEGIN IMMEDIATE and COMMIT; nothing of it stays when
  /// it throws.
  template <typename Work>
  void transaction(Work&& work) {
    execute("BEGIN IMMEDIATE");
    try {
      work();
      execute("COMMIT");
    } catch (...) {
      roll_back();
      throw;
    }
  }
  const std::filesystem::path& path() const { return path_; }

  static void bind(sqlite3_stmt* statement, int place, const Sha256& hash);
  /// The bytes must live until the statement has run.
  static void bind(sqlite3_stmt* statement, int place, std::string_view text);
  static void bind(sqlite3_stmt* statement, int place, int64_t number);
  static void bind(sqlite3_stmt* statement, int place, double number);
  static void bind_null(sqlite3_stmt* statement, int place);
  static Sha256 hash(sqlite3_stmt* statement, int column);
  static std::string_view text(sqlite3_stmt* statement, int column);
  static int64_t integer(sqlite3_stmt* statement, int column);
  static double real(sqlite3_stmt* statement, int column);

 private:
  void roll_back();
  [[noreturn]] void fail(int code);
  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace clipwright::rewrite::ledger
