#include "rewrite/ledger/sqlite_ledger.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "core/error.h"
#include "rewrite/ledger/sqlite_reports.h"

namespace clipwright::rewrite::ledger {
namespace {

using Db = SqliteDatabase;

constexpr int kFormatVersion = 1;

// No row numbers: the key is the order, so a caption's attempts lie together
// and a look-up is one descent.
constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS rewrite (
  source_sha BLOB NOT NULL, mode TEXT NOT NULL, recipe_sha BLOB NOT NULL, attempt INT NOT NULL, status TEXT NOT NULL,
  text TEXT, tokens_in INT, tokens_out INT, seconds REAL, scores TEXT, worker TEXT, at TEXT,
  PRIMARY KEY (source_sha, mode, recipe_sha, attempt)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recipe (recipe_sha BLOB PRIMARY KEY, description TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS source (source_sha BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
)";
constexpr const char* kClaims = R"(
CREATE TABLE IF NOT EXISTS claim (
  source_sha BLOB NOT NULL, mode TEXT NOT NULL, recipe_sha BLOB NOT NULL, worker TEXT NOT NULL, slot INT NOT NULL,
  PRIMARY KEY (source_sha, mode, recipe_sha)) WITHOUT ROWID;
)";
constexpr const char* kInsertRow =
    " INTO rewrite (source_sha, mode, recipe_sha, attempt, status, text, "
    "tokens_in, tokens_out, "
    "seconds, scores, worker, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const std::string kRow =
    "SELECT r.source_sha, r.mode, r.recipe_sha, "
    "r.attempt, r.status, r.text, r.tokens_in, "
    "r.tokens_out, r.seconds, r.scores, r.worker, r.at";
constexpr int kRowColumns = 12;

std::string now() {
  const auto time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

/// The path, of a file that is not empty where that counts: SQLite would take it for a database.
const std::filesystem::path& with_content(const std::filesystem::path& path, bool needed) {
  std::error_code absent;
  if (needed && std::filesystem::is_regular_file(path, absent) &&
      std::filesystem::file_size(path, absent) == 0) {
    fail_input(path.string() + ": is an empty file", "a ledger written by 'clipwright rewrite'",
               "Choose another file; it was not changed.");
  }
  return path;
}

}  // namespace

SqliteLedger::SqliteLedger(const std::filesystem::path& path, SqliteAccess access, bool fill)
    : reads_(access == SqliteAccess::kRead),
      database_(with_content(path, reads_ || !fill), access),
      worker_(worker_name()) {
  Statement version = database_.prepare("PRAGMA user_version");
  database_.next(version.get());
  const auto found = static_cast<int>(Db::integer(version.get(), 0));
  version.reset();
  if (found > kFormatVersion) {
    fail_input(path.string() + ": is a ledger of version " + std::to_string(found),
               "version " + std::to_string(kFormatVersion) + " or lower",
               "Use the newer clipwright that wrote it.");
  }
  // Another program's file is left as it is, so this comes before anything is made or switched.
  check_tables(!reads_ && fill);
  slot_.emplace(path, !reads_);
  // Keys are hashes, so rows land anywhere: a larger cache and longer write-ahead log save half of
  // the writing in a ledger of millions.
  database_.execute("PRAGMA cache_size=-65536");
  if (!reads_) prepare_writing(found);
  if (!reads_) check_name();
  const bool numbered = has("SELECT 1 FROM pragma_table_info('source') WHERE name = 'occurrence'");
  occurrence_ = numbered ? "s.occurrence" : "0";
  claims_ = has("SELECT 1 FROM pragma_table_info('claim') WHERE name = 'slot'");
  last_ = database_.prepare(kRow +
                            " FROM rewrite r WHERE source_sha = ? AND mode = ? AND recipe_sha = ? "
                            "ORDER BY status = 'accepted' DESC, attempt DESC LIMIT 1");
}

/// A file that lost its name goes on taking rows and is gone with the process.
void SqliteLedger::check_name() {
  struct stat named {};
  if (::stat(database_.path().c_str(), &named) == 0) {
    if (file_ == 0) device_ = named.st_dev, file_ = named.st_ino;
    if (named.st_dev == device_ && named.st_ino == file_) return;
  }
  const std::string copy = database_.path().string() + ".saved-" + std::to_string(::getpid());
  std::string saved;
  try {
    Statement vacuum = database_.prepare("VACUUM INTO ?");
    Db::bind(vacuum.get(), 1, copy);
    database_.finish(vacuum.get());
    saved = "What it held is saved in " + copy + ".";
  } catch (const Error&) {
    saved = "What it held could not be saved.";
  }
  fail_running(database_.path().string() + ": was deleted or replaced while this job used it", {},
               saved);
}

bool SqliteLedger::has(const std::string& question) {
  const Statement select = database_.prepare(question);
  return database_.next(select.get());
}

void SqliteLedger::check_tables(bool may_be_empty) {
  const bool empty = !has("SELECT 1 FROM sqlite_master");
  if (empty && may_be_empty) return;
  const auto names = [&](const std::string& table, const std::string& columns, int count) {
    return has("SELECT 1 WHERE (SELECT COUNT(*) FROM pragma_table_info('" + table +
               "') WHERE name IN (" + columns + ")) = " + std::to_string(count));
  };
  if (names("rewrite",
            "'source_sha', 'mode', 'recipe_sha', 'attempt', 'status', 'text', 'tokens_in', "
            "'tokens_out', 'seconds', 'scores', 'worker', 'at'",
            kRowColumns) &&
      names("recipe", "'recipe_sha', 'description'", 2) &&
      names("source", "'source_sha', 'text'", 2))
    return;
  fail_input(database_.path().string() +
                 (empty ? ": is an empty database" : ": is a database of another program"),
             "a ledger written by 'clipwright rewrite'",
             "Choose another file; it was not changed.");
}

void SqliteLedger::prepare_writing(int version) {
  database_.execute("PRAGMA journal_mode=WAL");
  database_.execute("PRAGMA synchronous=FULL");
  database_.execute("PRAGMA wal_autocheckpoint=10000");
  make_tables(version);
  insert_row_ = database_.prepare(std::string("INSERT") + kInsertRow + " ON CONFLICT DO NOTHING");
  insert_source_ = database_.prepare(
      "INSERT INTO source (source_sha, text, occurrence) "
      "VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  own_claims_.emplace(database_, *slot_, worker_);
}

void SqliteLedger::make_tables(int version) {
  if (version != 0 &&
      has("SELECT 1 FROM pragma_table_info('source') WHERE name = "
          "'occurrence'") &&
      has("SELECT 1 FROM pragma_table_info('claim') WHERE name = 'slot'"))
    return;
  database_.transaction([&] {
    database_.execute(kSchema);
    database_.execute(kClaims);
    if (!has("SELECT 1 FROM pragma_table_info('source') WHERE name = "
             "'occurrence'"))
      database_.execute("ALTER TABLE source ADD COLUMN occurrence INT NOT NULL DEFAULT 0");
    database_.execute("PRAGMA user_version=" + std::to_string(kFormatVersion));
  });
}

void SqliteLedger::describe(const Sha256& recipe, const std::string& description) {
  CW_CHECK(!reads_, "a ledger that was opened to be read");
  const Statement insert = database_.prepare(
      "INSERT INTO recipe (recipe_sha, description) VALUES "
      "(?, ?) ON CONFLICT DO NOTHING");
  Db::bind(insert.get(), 1, recipe);
  Db::bind(insert.get(), 2, description);
  database_.finish(insert.get());
}

void SqliteLedger::add(const LedgerRow& row, const LedgerSource& source) {
  waiting_.push_back({row, std::string(source.text), source.occurrence});
}

void SqliteLedger::release(const Sha256& source, const LedgerTask& task) {
  released_.push_back({source, task});
}

void SqliteLedger::insert(sqlite3_stmt* statement, const LedgerRow& row, const std::string& at) {
  Db::bind(statement, 1, row.source);
  Db::bind(statement, 2, row.mode);
  Db::bind(statement, 3, row.recipe);
  Db::bind(statement, 4, int64_t{row.attempt});
  Db::bind(statement, 5, row.status);
  Db::bind(statement, 6, row.text);
  Db::bind(statement, 7, int64_t{row.tokens_in});
  Db::bind(statement, 8, int64_t{row.tokens_out});
  Db::bind(statement, 9, row.seconds);
  if (row.notes.empty()) {
    Db::bind_null(statement, 10);
  } else {
    Db::bind(statement, 10, row.notes);
  }
  Db::bind(statement, 11, row.worker.empty() ? worker_ : row.worker);
  Db::bind(statement, 12, row.at.empty() ? at : row.at);
  database_.finish(statement);
}

void SqliteLedger::commit() {
  CW_CHECK(!reads_, "a ledger that was opened to be read");
  if (waiting_.empty() && released_.empty()) return;
  check_name();
  const std::string at = now();
  // Rows are gathered first, so that the lock on the file lasts for a write and
  // not for the seconds between replies.
  database_.transaction([&] {
    for (const WaitingRow& waiting : waiting_) {
      Db::bind(insert_source_.get(), 1, waiting.row.source);
      Db::bind(insert_source_.get(), 2, waiting.source_text);
      Db::bind(insert_source_.get(), 3, waiting.occurrence);
      database_.finish(insert_source_.get());
      insert(insert_row_.get(), waiting.row, at);
    }
    for (const ReleasedClaim& released : released_) own_claims_->release(released);
  });
  waiting_.clear();
  released_.clear();
}

std::vector<ClaimAnswer> SqliteLedger::claim(const LedgerTask& task,
                                             std::span<const Sha256> sources, int attempts) {
  CW_CHECK(!reads_, "a ledger that was opened to be read");
  return own_claims_->claim(task, sources, attempts);
}

void SqliteLedger::release_all() {
  CW_CHECK(!reads_, "a ledger that was opened to be read");
  own_claims_->release_all();
}

int64_t SqliteLedger::held_elsewhere() {
  return claims_ ? claims_held_elsewhere(database_, *slot_) : 0;
}

void SqliteLedger::progress(std::span<const LedgerTask> tasks,
                            const std::function<void(size_t, const LedgerProgress&)>& use) {
  // One walk over the table in the order of its key, whatever the number of
  // tasks. Rows are not grouped by SQL: the order brings a caption's attempts
  // together already.
  const Statement select = database_.prepare(
      "SELECT source_sha, mode, recipe_sha, status = 'accepted', status LIKE 'rejected:%' "
      "FROM rewrite ORDER BY source_sha, mode, recipe_sha, attempt");
  std::vector<std::optional<LedgerProgress>> current(tasks.size());
  const auto hand_over = [&](size_t task) {
    if (current[task]) use(task, *current[task]);
    current[task].reset();
  };
  std::array<uint64_t, 2> key{};
  while (database_.next(select.get())) {
    const auto next_key = short_key(Db::hash(select.get(), 0));
    if (next_key != key) {
      for (size_t task = 0; task < tasks.size(); ++task) hand_over(task);
      key = next_key;
    }
    const std::string_view mode = Db::text(select.get(), 1);
    for (size_t task = 0; task < tasks.size(); ++task) {
      if (tasks[task].mode != mode || tasks[task].recipe != Db::hash(select.get(), 2)) continue;
      if (!current[task]) current[task] = LedgerProgress{.source = key};
      current[task]->accepted |= Db::integer(select.get(), 3) != 0;
      current[task]->rejected += static_cast<int>(Db::integer(select.get(), 4));
    }
  }
  for (size_t task = 0; task < tasks.size(); ++task) hand_over(task);
}

LedgerRow SqliteLedger::read_row(sqlite3_stmt* statement) const {
  return {.source = Db::hash(statement, 0),
          .mode = std::string(Db::text(statement, 1)),
          .recipe = Db::hash(statement, 2),
          .attempt = static_cast<int>(Db::integer(statement, 3)),
          .status = std::string(Db::text(statement, 4)),
          .text = std::string(Db::text(statement, 5)),
          .tokens_in = static_cast<int>(Db::integer(statement, 6)),
          .tokens_out = static_cast<int>(Db::integer(statement, 7)),
          .seconds = Db::real(statement, 8),
          .notes = std::string(Db::text(statement, 9)),
          .worker = std::string(Db::text(statement, 10)),
          .at = std::string(Db::text(statement, 11))};
}

std::vector<std::optional<LedgerRow>> SqliteLedger::last(std::span<const Sha256> sources,
                                                         const LedgerTask& task) {
  std::vector<std::optional<LedgerRow>> rows;
  for (const Sha256& source : sources) {
    Db::bind(last_.get(), 1, source);
    Db::bind(last_.get(), 2, task.mode);
    Db::bind(last_.get(), 3, task.recipe);
    rows.emplace_back();
    if (database_.next(last_.get())) rows.back() = read_row(last_.get());
    database_.reset(last_.get());
  }
  return rows;
}

void SqliteLedger::each_row(const std::function<void(const LedgerRow&, const LedgerSource&)>& use) {
  const Statement select =
      database_.prepare(kRow + ", s.text, " + occurrence_ +
                        " FROM rewrite r LEFT JOIN source s USING "
                        "(source_sha) "
                        "ORDER BY r.source_sha, r.mode, r.recipe_sha, r.attempt");
  while (database_.next(select.get())) {
    use(read_row(select.get()),
        {Db::text(select.get(), kRowColumns), Db::integer(select.get(), kRowColumns + 1)});
  }
}

void SqliteLedger::each_accepted(
    const std::function<void(const LedgerRow&, std::string_view)>& use) {
  const Statement select =
      database_.prepare(kRow +
                        ", s.text FROM rewrite r JOIN source s USING (source_sha) WHERE "
                        "r.status = 'accepted' "
                        "ORDER BY r.at, r.source_sha, r.mode, r.recipe_sha");
  while (database_.next(select.get()))
    use(read_row(select.get()), Db::text(select.get(), kRowColumns));
}

void SqliteLedger::each_recipe(const std::function<void(const Sha256&, const std::string&)>& use) {
  const Statement select =
      database_.prepare("SELECT recipe_sha, description FROM recipe ORDER BY recipe_sha");
  while (database_.next(select.get()))
    use(Db::hash(select.get(), 0), std::string(Db::text(select.get(), 1)));
}

std::vector<std::optional<LedgerRow>> SqliteLedger::find(std::span<const LedgerRow> keys) {
  const Statement select = database_.prepare(kRow +
                                             " FROM rewrite r WHERE source_sha = ? AND mode "
                                             "= ? AND recipe_sha = ? AND attempt = ?");
  std::vector<std::optional<LedgerRow>> rows;
  for (const LedgerRow& key : keys) {
    Db::bind(select.get(), 1, key.source);
    Db::bind(select.get(), 2, key.mode);
    Db::bind(select.get(), 3, key.recipe);
    Db::bind(select.get(), 4, int64_t{key.attempt});
    rows.emplace_back();
    if (database_.next(select.get())) rows.back() = read_row(select.get());
    database_.reset(select.get());
  }
  return rows;
}

void SqliteLedger::replace(const LedgerRow& row) {
  CW_CHECK(!reads_, "a ledger that was opened to be read");
  const Statement statement = database_.prepare(std::string("INSERT OR REPLACE") + kInsertRow);
  insert(statement.get(), row, now());
}

std::vector<LedgerCount> SqliteLedger::counts() { return sqlite_counts(database_); }

std::vector<LedgerWorker> SqliteLedger::workers() {
  return sqlite_workers(database_, claims_ ? &*slot_ : nullptr);
}

std::vector<std::string> SqliteLedger::damage() { return sqlite_damage(database_); }

}  // namespace clipwright::rewrite::ledger
