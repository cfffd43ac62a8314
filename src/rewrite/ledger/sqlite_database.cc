#include "rewrite/ledger/sqlite_database.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace clipwright::rewrite::ledger {
namespace {

constexpr int kPatience = 60000;  // ms to wait for another job's commit

/// A name with flags for sqlite3_open_v2.
struct Opening {
  std::string name;
  int flags = 0;
};

/// A database with a write-ahead log cannot be read without files beside it. A connection that may
/// write takes them away at its end and one that may not leaves them, so a ledger that nobody works
/// on is opened for writing, with writes switched off. Where no file can be made, SQLite is told
/// that nobody will write.
Opening opening_to_read(const std::filesystem::path& path) {
  std::error_code absent;
  const std::filesystem::path log = path.string() + "-wal";
  const bool any_log = std::filesystem::exists(log, absent);
  const auto logged = any_log ? std::filesystem::file_size(log, absent) : 0;
  const std::filesystem::path whole = std::filesystem::absolute(path);
  if (logged == 0 && (::access(path.c_str(), W_OK) != 0 ||
                      ::access(whole.parent_path().c_str(), W_OK | X_OK) != 0)) {
    std::string name = "file://";
    for (const char c : whole.string()) {
      constexpr const char* kDigits = "0123456789ABCDEF";
      if (c == '%' || c == '?' || c == '#') {
        name += {'%', kDigits[c >> 4], kDigits[c & 15]};
      } else {
        name += c;
      }
    }
    return {name + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI};
  }
  return {path.string(), any_log ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE};
}

}  // namespace

void SqliteDatabase::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }
void SqliteDatabase::Close::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteDatabase::SqliteDatabase(const std::filesystem::path& path, SqliteAccess access)
    : path_(path) {
  const bool reads = access == SqliteAccess::kRead;
  const Opening opening = reads
                              ? opening_to_read(path)
                              : Opening{path.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(opening.name.c_str(), &database, opening.flags, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) {
    fail_running(
        path.string() + ": the ledger cannot be opened" + (reads ? " (" : " or made (") +
            sqlite3_errstr(code) + ")",
        reads ? "a file that may be read" : "a file in a folder that exists and may be written to");
  }
  sqlite3_busy_timeout(database, kPatience);
  if (reads) execute("PRAGMA query_only=1");
}

void SqliteDatabase::fail(int code) {
  const std::string what = path_.string() + ": " + sqlite3_errmsg(database_.get());
  switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      fail_input(what, "a ledger of this program (an SQLite file)",
                 "Choose another --ledger, or restore this one from a copy.");
    case SQLITE_FULL:
      fail_running(what, {},
                   "Free some space and run the same command again: every "
                   "finished caption is kept.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      fail_running(what + " for " + std::to_string(kPatience / 1000) + " s", {},
                   "Another program holds the ledger; end it and run this again.");
    default:
      fail_running(what, {},
                   "Check the disk and the permissions, then run the same "
                   "command again: every "
                   "finished caption is kept.");
  }
}

SqliteDatabase::Statement SqliteDatabase::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql.c_str(), -1, &statement, nullptr);
  if (code == SQLITE_ERROR) {  // no such table or column
    fail_input(path_.string() + ": " + sqlite3_errmsg(database_.get()), "a ledger of this program",
               "Choose another --ledger.");
  }
  if (code != SQLITE_OK) fail(code);
  return Statement(statement);
}

void SqliteDatabase::execute(const std::string& sql) {
  if (const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
      code != SQLITE_OK)
    fail(code);
}

bool SqliteDatabase::next(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    sqlite3_reset(statement);
    fail(code);
  }
  return false;
}

void SqliteDatabase::finish(sqlite3_stmt* statement) {
  while (next(statement)) {
  }
  sqlite3_reset(statement);
}

void SqliteDatabase::reset(sqlite3_stmt* statement) { sqlite3_reset(statement); }

void SqliteDatabase::roll_back() {
  if (sqlite3_get_autocommit(database_.get()) == 0)
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void SqliteDatabase::bind(sqlite3_stmt* statement, int place, const Sha256& hash) {
  sqlite3_bind_blob(statement, place, hash.data(), static_cast<int>(hash.size()), SQLITE_STATIC);
}
void SqliteDatabase::bind(sqlite3_stmt* statement, int place, std::string_view text) {
  sqlite3_bind_text(statement, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}
void SqliteDatabase::bind(sqlite3_stmt* statement, int place, int64_t number) {
  sqlite3_bind_int64(statement, place, number);
}
void SqliteDatabase::bind(sqlite3_stmt* statement, int place, double number) {
  sqlite3_bind_double(statement, place, number);
}
void SqliteDatabase::bind_null(sqlite3_stmt* statement, int place) {
  sqlite3_bind_null(statement, place);
}

Sha256 SqliteDatabase::hash(sqlite3_stmt* statement, int column) {
  Sha256 hash{};
  const void* bytes = sqlite3_column_blob(statement, column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, column));
  if (bytes != nullptr) std::memcpy(hash.data(), bytes, std::min(size, hash.size()));
  return hash;
}

std::string_view SqliteDatabase::text(sqlite3_stmt* statement, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return text == nullptr
             ? std::string_view()
             : std::string_view(text, static_cast<size_t>(sqlite3_column_bytes(statement, column)));
}

int64_t SqliteDatabase::integer(sqlite3_stmt* statement, int column) {
  return sqlite3_column_int64(statement, column);
}
double SqliteDatabase::real(sqlite3_stmt* statement, int column) {
  return sqlite3_column_double(statement, column);
}

}  // namespace clipwright::rewrite::ledger
