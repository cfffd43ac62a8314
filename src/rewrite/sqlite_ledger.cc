#include "rewrite/sqlite_ledger.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <utility>

#include "core/error.h"

namespace clipwright {
namespace {

constexpr int kFormatVersion = 1;
constexpr int kPatience = 60000;  // ms to wait for another job's commit

// No row numbers: the key is the order, so a caption's attempts lie together and a look-up is one
// descent.
constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS rewrite (
  source_sha BLOB NOT NULL, mode TEXT NOT NULL, recipe_sha BLOB NOT NULL, attempt INT NOT NULL, status TEXT NOT NULL,
  text TEXT, tokens_in INT, tokens_out INT, seconds REAL, scores TEXT, worker TEXT, at TEXT,
  PRIMARY KEY (source_sha, mode, recipe_sha, attempt)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recipe (recipe_sha BLOB PRIMARY KEY, description TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS source (source_sha BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
)";

std::string now() {
  const auto time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

void set_hash(sqlite3_stmt* statement, int place, const Sha256& hash) {
  sqlite3_bind_blob(statement, place, hash.data(), static_cast<int>(hash.size()), SQLITE_STATIC);
}

void set_text(sqlite3_stmt* statement, int place, std::string_view text) {
  sqlite3_bind_text(statement, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

Sha256 hash_column(sqlite3_stmt* statement, int column) {
  Sha256 hash{};
  const void* bytes = sqlite3_column_blob(statement, column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement, column));
  if (bytes != nullptr) std::memcpy(hash.data(), bytes, std::min(size, hash.size()));
  return hash;
}

std::string_view text_column(sqlite3_stmt* statement, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return text == nullptr
             ? std::string_view()
             : std::string_view(text, static_cast<size_t>(sqlite3_column_bytes(statement, column)));
}

}  // namespace

void SqliteLedger::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }
void SqliteLedger::Close::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void SqliteLedger::fail(int code) {
  const std::string what = path_.string() + ": " + sqlite3_errmsg(database_.get());
  switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      fail_input(what, "a ledger of this program (an SQLite file)",
                 "Choose another --ledger, or restore this one from a copy.");
    case SQLITE_FULL:
      fail_running(
          what, {},
          "Free some space and run the same command again: every finished caption is kept.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      fail_running(what + " for " + std::to_string(kPatience / 1000) + " s", {},
                   "Another program holds the ledger; end it and run this again.");
    default:
      fail_running(what, {},
                   "Check the disk and the permissions, then run the same command again: every "
                   "finished caption is kept.");
  }
}

SqliteLedger::Statement SqliteLedger::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr);
  if (code == SQLITE_ERROR) {  // no such table or column
    fail_input(path_.string() + ": " + sqlite3_errmsg(database_.get()), "a ledger of this program",
               "Choose another --ledger.");
  }
  if (code != SQLITE_OK) fail(code);
  return Statement(statement);
}

void SqliteLedger::execute(const char* sql) {
  if (const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
      code != SQLITE_OK)
    fail(code);
}

bool SqliteLedger::next(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    sqlite3_reset(statement);
    fail(code);
  }
  return false;
}

void SqliteLedger::finish(sqlite3_stmt* statement) {
  while (next(statement)) {
  }
  sqlite3_reset(statement);
}

SqliteLedger::SqliteLedger(const std::filesystem::path& path) : path_(path) {
  sqlite3* database = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) {
    fail_running(
        path.string() + ": the ledger cannot be opened or made (" + sqlite3_errstr(code) + ")",
        "a file in a folder that exists and may be written to");
  }
  sqlite3_busy_timeout(database, kPatience);
  Statement version = prepare("PRAGMA user_version");
  next(version.get());
  const int found = sqlite3_column_int(version.get(), 0);
  version.reset();
  if (found > kFormatVersion) {
    fail_input(path.string() + ": is a ledger of version " + std::to_string(found),
               "version " + std::to_string(kFormatVersion) + " or lower",
               "Use the newer clipwright that wrote it.");
  }
  execute("PRAGMA journal_mode=WAL");
  execute("PRAGMA synchronous=FULL");
  if (found == 0) {
    execute("BEGIN IMMEDIATE");
    execute(kSchema);
    execute(("PRAGMA user_version=" + std::to_string(kFormatVersion)).c_str());
    execute("COMMIT");
  }
  insert_row_ = prepare(
      "INSERT INTO rewrite (source_sha, mode, recipe_sha, attempt, status, text, tokens_in, "
      "tokens_out, seconds, worker, at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
  insert_source_ =
      prepare("INSERT INTO source (source_sha, text) VALUES (?, ?) ON CONFLICT DO NOTHING");
  last_ = prepare(
      "SELECT attempt, status, text, tokens_in, tokens_out, seconds FROM rewrite WHERE source_sha "
      "= ? AND mode = ? AND recipe_sha = ? "
      "ORDER BY attempt DESC LIMIT 1");
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  worker_ = std::string(host) + ":" + std::to_string(::getpid());
}

SqliteLedger::~SqliteLedger() = default;

void SqliteLedger::describe(const Sha256& recipe, const std::string& description) {
  Statement insert =
      prepare("INSERT INTO recipe (recipe_sha, description) VALUES (?, ?) ON CONFLICT DO NOTHING");
  set_hash(insert.get(), 1, recipe);
  set_text(insert.get(), 2, description);
  finish(insert.get());
}

void SqliteLedger::add(const LedgerRow& row, std::string_view source_text) {
  waiting_.push_back({row, std::string(source_text)});
}

void SqliteLedger::commit() {
  if (waiting_.empty()) return;
  const std::string at = now();
  // Rows are gathered first, so that the lock on the file lasts for a write and not for the seconds
  // between replies.
  execute("BEGIN IMMEDIATE");
  try {
    for (const auto& [row, source_text] : waiting_) {
      set_hash(insert_source_.get(), 1, row.source);
      set_text(insert_source_.get(), 2, source_text);
      finish(insert_source_.get());
      sqlite3_stmt* insert = insert_row_.get();
      set_hash(insert, 1, row.source);
      set_text(insert, 2, row.mode);
      set_hash(insert, 3, row.recipe);
      sqlite3_bind_int(insert, 4, row.attempt);
      set_text(insert, 5, row.status);
      set_text(insert, 6, row.text);
      sqlite3_bind_int(insert, 7, row.tokens_in);
      sqlite3_bind_int(insert, 8, row.tokens_out);
      sqlite3_bind_double(insert, 9, row.seconds);
      set_text(insert, 10, worker_);
      set_text(insert, 11, at);
      finish(insert);
    }
    execute("COMMIT");
  } catch (...) {
    if (sqlite3_get_autocommit(database_.get()) == 0)
      sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
  waiting_.clear();
}

std::vector<LedgerProgress> SqliteLedger::progress(std::string_view mode, const Sha256& recipe) {
  // attempt and status by rows, not grouped: the key's order brings a caption's attempts together
  // already.
  Statement select = prepare(
      "SELECT source_sha, attempt, status = 'accepted' FROM rewrite WHERE mode = ? AND recipe_sha "
      "= ? ORDER BY source_sha, attempt");
  set_text(select.get(), 1, mode);
  set_hash(select.get(), 2, recipe);
  std::vector<LedgerProgress> all;
  while (next(select.get())) {
    const auto key = short_key(hash_column(select.get(), 0));
    if (all.empty() || all.back().source != key) all.push_back({.source = key});
    all.back().attempts = std::max(all.back().attempts, sqlite3_column_int(select.get(), 1) + 1);
    all.back().accepted |= sqlite3_column_int(select.get(), 2) != 0;
  }
  return all;
}

std::optional<LedgerRow> SqliteLedger::last(const Sha256& source, std::string_view mode,
                                            const Sha256& recipe) {
  sqlite3_stmt* select = last_.get();
  sqlite3_reset(select);
  set_hash(select, 1, source);
  set_text(select, 2, mode);
  set_hash(select, 3, recipe);
  std::optional<LedgerRow> row;
  if (next(select)) {
    row = LedgerRow{.source = source,
                    .mode = std::string(mode),
                    .recipe = recipe,
                    .attempt = sqlite3_column_int(select, 0),
                    .status = std::string(text_column(select, 1)),
                    .text = std::string(text_column(select, 2)),
                    .tokens_in = sqlite3_column_int(select, 3),
                    .tokens_out = sqlite3_column_int(select, 4),
                    .seconds = sqlite3_column_double(select, 5)};
  }
  sqlite3_reset(select);
  return row;
}

void SqliteLedger::each_accepted(
    const std::function<void(const LedgerRow&, std::string_view)>& use) {
  Statement select = prepare(
      "SELECT r.source_sha, r.mode, r.recipe_sha, r.attempt, r.text, r.tokens_in, r.tokens_out, "
      "r.seconds, s.text FROM rewrite r "
      "JOIN source s USING (source_sha) WHERE r.status = 'accepted' ORDER BY r.at, r.source_sha, "
      "r.mode, r.recipe_sha");
  while (next(select.get())) {
    const LedgerRow row{.source = hash_column(select.get(), 0),
                        .mode = std::string(text_column(select.get(), 1)),
                        .recipe = hash_column(select.get(), 2),
                        .attempt = sqlite3_column_int(select.get(), 3),
                        .status = "accepted",
                        .text = std::string(text_column(select.get(), 4)),
                        .tokens_in = sqlite3_column_int(select.get(), 5),
                        .tokens_out = sqlite3_column_int(select.get(), 6),
                        .seconds = sqlite3_column_double(select.get(), 7)};
    use(row, text_column(select.get(), 8));
  }
}

}  // namespace clipwright
