#include "rewrite/ledger/postgres_ledger.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "rewrite/ledger/postgres_reports.h"

namespace clipwright::rewrite::ledger {
namespace {

constexpr int kFormatVersion = 1;
constexpr const char* kPage = "10000";  // rows a query, so that memory does not grow with a ledger

// COLLATE "C" keeps keys in the order of their bytes, as SQLite has them. Claims come and go:
// without frequent cleaning their table would outgrow the rows.
constexpr const char* kTables[] = {
    R"(CREATE TABLE IF NOT EXISTS rewrite (
  source_sha BYTEA NOT NULL, mode TEXT COLLATE "C" NOT NULL, recipe_sha BYTEA NOT NULL, attempt INT NOT NULL,
  status TEXT NOT NULL, text TEXT, tokens_in INT, tokens_out INT, seconds DOUBLE PRECISION, scores TEXT, worker TEXT,
  at TEXT, PRIMARY KEY (source_sha, mode, recipe_sha, attempt)))",
    "CREATE TABLE IF NOT EXISTS recipe (recipe_sha BYTEA PRIMARY KEY, "
    "description TEXT)",
    "CREATE TABLE IF NOT EXISTS source (source_sha BYTEA PRIMARY KEY, text "
    "TEXT NOT NULL, "
    "occurrence INT NOT NULL DEFAULT 0)",
    R"(CREATE TABLE IF NOT EXISTS claim (
  source_sha BYTEA NOT NULL, mode TEXT COLLATE "C" NOT NULL, recipe_sha BYTEA NOT NULL, worker TEXT NOT NULL,
  until TIMESTAMPTZ NOT NULL, PRIMARY KEY (source_sha, mode, recipe_sha))
  WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000))",
    "CREATE TABLE IF NOT EXISTS ledger (version INT PRIMARY KEY)"};

const std::string kRow =
    "r.source_sha, r.mode, r.recipe_sha, r.attempt, r.status, r.text, r.tokens_in, r.tokens_out, "
    "r.seconds, r.scores, r.worker, r.at";
constexpr int kRowColumns = 12;
const std::string kDatabaseTime =
    "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";

LedgerRow read_row(const PostgresRows& rows, int i) {
  const auto text = [&](int column) { return std::string(rows.text(i, column)); };
  return {.source = rows.hash(i, 0),
          .mode = text(1),
          .recipe = rows.hash(i, 2),
          .attempt = static_cast<int>(rows.integer(i, 3)),
          .status = text(4),
          .text = text(5),
          .tokens_in = static_cast<int>(rows.integer(i, 6)),
          .tokens_out = static_cast<int>(rows.integer(i, 7)),
          .seconds = rows.real(i, 8),
          .notes = text(9),
          .worker = text(10),
          .at = text(11)};
}

/// The caption as its key says it was: a zero byte is kept as U+2400 here.
std::string original_text(std::string_view stored, const Sha256& key, int64_t occurrence) {
  constexpr std::string_view kSign = "\u2400";
  std::string text(stored);
  if (text.find(kSign) == std::string::npos || source_key(text, occurrence) == key) return text;
  std::string zeros;
  for (size_t i = 0; i < text.size();) {
    const bool sign = text.compare(i, kSign.size(), kSign) == 0;
    zeros += sign ? '\0' : text[i];
    i += sign ? kSign.size() : 1;
  }
  return source_key(zeros, occurrence) == key ? zeros : text;
}

}  // namespace

PostgresLedger::PostgresLedger(const std::string& url, const LedgerOptions& options)
    : connection_(url, options.patience),
      worker_(worker_name()),
      claims_(connection_, worker_, options.lease) {
  if (options.create) make_tables();
  if (!exists()) return;
  connection_.retrying([&] {
    const PostgresRows version = connection_.query("SELECT MAX(version) FROM ledger");
    if (version.size() == 1 && version.integer(0, 0) > kFormatVersion) {
      fail_input(
          connection_.name() + ": is a ledger of version " + std::to_string(version.integer(0, 0)),
          "version " + std::to_string(kFormatVersion) + " or lower",
          "Use the newer clipwright that wrote it.");
    }
    // A foreign table of the same name lacks these columns and is refused here.
    connection_.query(
        "SELECT source_sha, mode, recipe_sha, attempt, status, "
        "text, scores, worker, at FROM rewrite LIMIT 0");
  });
}

bool PostgresLedger::exists() {
  bool found = false;
  connection_.retrying(
      [&] { found = connection_.query("SELECT to_regclass('ledger') IS NOT NULL").truth(0, 0); });
  return found;
}

void PostgresLedger::make_tables() {
  connection_.transaction([&] {
    // Workers that start together would make the tables at once, which the
    // server refuses.
    connection_.query("SELECT pg_advisory_xact_lock(7021995140611)");
    for (const char* table : kTables) connection_.query(table);
    connection_.query("INSERT INTO ledger VALUES ($1) ON CONFLICT DO NOTHING",
                      {std::to_string(kFormatVersion)});
  });
}

void PostgresLedger::describe(const Sha256& recipe, const std::string& description) {
  connection_.retrying([&] {
    connection_.query("INSERT INTO recipe VALUES ($1, $2) ON CONFLICT DO NOTHING",
                      {postgres_bytes(recipe), postgres_text(description)});
  });
}

void PostgresLedger::add(const LedgerRow& row, const LedgerSource& source) {
  waiting_.push_back({row, std::string(source.text), source.occurrence});
}

void PostgresLedger::release(const Sha256& source, const LedgerTask& task) {
  released_.push_back({source, task});
}

void PostgresLedger::insert_sources() {
  PostgresArray keys, texts, occurrences;
  for (const WaitingRow& waiting : waiting_) {
    keys.add(waiting.row.source);
    texts.add(waiting.source_text);
    occurrences.add(waiting.occurrence);
  }
  connection_.query(
      "INSERT INTO source SELECT * FROM unnest($1::bytea[], "
      "$2::text[], $3::int[]) "
      "ON CONFLICT DO NOTHING",
      {keys.take(), texts.take(), occurrences.take()});
}

void PostgresLedger::insert_rows(std::span<const LedgerRow* const> rows, const char* on_conflict) {
  PostgresArray sources, modes, recipes, attempts, statuses, texts, tokens_in, tokens_out, seconds,
      notes, workers, times;
  for (const LedgerRow* row : rows) {
    sources.add(row->source);
    modes.add(row->mode);
    recipes.add(row->recipe);
    attempts.add(int64_t{row->attempt});
    statuses.add(row->status);
    texts.add(row->text);
    tokens_in.add(int64_t{row->tokens_in});
    tokens_out.add(int64_t{row->tokens_out});
    seconds.add(row->seconds);
    row->notes.empty() ? notes.add_null() : notes.add(row->notes);
    workers.add(row->worker.empty() ? worker_ : row->worker);
    row->at.empty() ? times.add_null() : times.add(row->at);
  }
  const std::string sql = std::string(
                              "INSERT INTO rewrite SELECT a, b, c, d, e, f, g, h, i, j, k, "
                              "COALESCE(l, " +
                              kDatabaseTime +
                              ") FROM unnest($1::bytea[], $2::text[], $3::bytea[], "
                              "$4::int[], $5::text[], $6::text[], "
                              "$7::int[], $8::int[], $9::float8[], $10::text[], "
                              "$11::text[], $12::text[]) AS "
                              "t(a, b, c, d, e, f, g, h, i, j, k, l) ") +
                          on_conflict;
  connection_.query(sql, {sources.take(), modes.take(), recipes.take(), attempts.take(),
                          statuses.take(), texts.take(), tokens_in.take(), tokens_out.take(),
                          seconds.take(), notes.take(), workers.take(), times.take()});
}

void PostgresLedger::commit() {
  if (waiting_.empty() && released_.empty()) return;
  // In the order of the keys, so that two workers never wait for each other in
  // a circle.
  std::sort(waiting_.begin(), waiting_.end(), [](const WaitingRow& a, const WaitingRow& b) {
    return std::tie(a.row.source, a.row.mode, a.row.recipe, a.row.attempt) <
           std::tie(b.row.source, b.row.mode, b.row.recipe, b.row.attempt);
  });
  connection_.transaction([&] {
    if (!waiting_.empty()) {
      std::vector<const LedgerRow*> rows;
      for (const WaitingRow& waiting : waiting_) rows.push_back(&waiting.row);
      insert_sources();
      insert_rows(rows, "ON CONFLICT DO NOTHING");
    }
    if (!released_.empty()) claims_.release(released_);
  });
  waiting_.clear();
  released_.clear();
}

std::vector<ClaimAnswer> PostgresLedger::claim(const LedgerTask& task,
                                               std::span<const Sha256> sources, int attempts) {
  return claims_.claim(task, sources, attempts);
}

void PostgresLedger::renew() { claims_.renew(); }

void PostgresLedger::release_all() { claims_.release_all(); }

int64_t PostgresLedger::held_elsewhere() { return claims_.held_elsewhere(); }

void PostgresLedger::progress(std::span<const LedgerTask> tasks,
                              const std::function<void(size_t, const LedgerProgress&)>& use) {
  // By pages of keys, each a query of its own, so that a lost connection costs
  // a page.
  std::string source = "\\x", mode, recipe = "\\x";
  PostgresArray mode_array, recipe_array;
  for (const LedgerTask& task : tasks) {
    mode_array.add(task.mode);
    recipe_array.add(task.recipe);
  }
  const std::string modes = mode_array.take(), recipes = recipe_array.take();
  for (bool more = true; more;) {
    std::optional<PostgresRows> rows;
    connection_.retrying([&] {
      rows = connection_.query(
          "SELECT source_sha, mode, recipe_sha, COUNT(*) FILTER (WHERE status LIKE "
          "'rejected:%'), BOOL_OR(status = 'accepted') FROM "
          "rewrite WHERE (source_sha, mode, recipe_sha) > "
          "($1::bytea, $2::text, $3::bytea) AND "
          "mode = ANY($5::text[]) AND recipe_sha = "
          "ANY($6::bytea[]) GROUP BY 1, 2, 3 ORDER BY 1, "
          "2, 3 LIMIT $4::int",
          {source, mode, recipe, kPage, modes, recipes});
    });
    for (int i = 0; i < rows->size(); ++i) {
      const Sha256 sha = rows->hash(i, 2);
      for (size_t task = 0; task < tasks.size(); ++task) {
        if (tasks[task].mode == rows->text(i, 1) && tasks[task].recipe == sha)
          use(task, {.source = short_key(rows->hash(i, 0)),
                     .rejected = static_cast<int>(rows->integer(i, 3)),
                     .accepted = rows->truth(i, 4)});
      }
    }
    more = std::to_string(rows->size()) == kPage;
    if (more) {
      const int last = rows->size() - 1;
      source = rows->text(last, 0);
      mode = rows->text(last, 1);
      recipe = rows->text(last, 2);
    }
  }
}

std::vector<std::optional<LedgerRow>> PostgresLedger::last(std::span<const Sha256> sources,
                                                           const LedgerTask& task) {
  std::map<Sha256, LedgerRow> found;
  connection_.retrying([&] {
    const PostgresRows rows = connection_.query(
        "SELECT DISTINCT ON (r.source_sha) " + kRow +
            " FROM rewrite r WHERE source_sha = ANY($1::bytea[]) AND mode = $2 AND "
            "recipe_sha = "
            "$3::bytea ORDER BY r.source_sha, r.status = 'accepted' DESC, r.attempt DESC",
        {PostgresArray::of(sources), task.mode, postgres_bytes(task.recipe)});
    found.clear();
    for (int i = 0; i < rows.size(); ++i) found[rows.hash(i, 0)] = read_row(rows, i);
  });
  std::vector<std::optional<LedgerRow>> in_order;
  for (const Sha256& source : sources) {
    const auto at = found.find(source);
    in_order.push_back(at == found.end() ? std::nullopt : std::optional(at->second));
  }
  return in_order;
}

void PostgresLedger::each_row(
    const std::function<void(const LedgerRow&, const LedgerSource&)>& use) {
  LedgerRow after{.attempt = -1};
  for (bool more = true; more;) {
    std::optional<PostgresRows> rows;
    connection_.retrying([&] {
      rows =
          connection_.query("SELECT " + kRow +
                                ", s.text, s.occurrence FROM rewrite r LEFT "
                                "JOIN source s USING (source_sha) WHERE "
                                "(r.source_sha, r.mode, r.recipe_sha, r.attempt) > ($1::bytea, "
                                "$2::text, $3::bytea, "
                                "$4::int) ORDER BY r.source_sha, r.mode, r.recipe_sha, r.attempt "
                                "LIMIT $5::int",
                            {postgres_bytes(after.source), after.mode, postgres_bytes(after.recipe),
                             std::to_string(after.attempt), kPage});
    });
    for (int i = 0; i < rows->size(); ++i) {
      const LedgerRow row = read_row(*rows, i);
      const int64_t occurrence = rows->integer(i, kRowColumns + 1);
      if (rows->null(i, kRowColumns)) {
        use(row, {});
      } else {
        use(row, {original_text(rows->text(i, kRowColumns), row.source, occurrence), occurrence});
      }
      after = row;
    }
    more = std::to_string(rows->size()) == kPage;
  }
}

void PostgresLedger::each_accepted(
    const std::function<void(const LedgerRow&, std::string_view)>& use) {
  connection_.each("SELECT " + kRow +
                       ", s.text, s.occurrence FROM rewrite r JOIN source "
                       "s USING (source_sha) WHERE r.status = "
                       "'accepted' ORDER BY r.at, r.source_sha, r.mode, r.recipe_sha",
                   [&](const PostgresRows& rows, int i) {
                     const LedgerRow row = read_row(rows, i);
                     use(row, original_text(rows.text(i, kRowColumns), row.source,
                                            rows.integer(i, kRowColumns + 1)));
                   });
}

void PostgresLedger::each_recipe(
    const std::function<void(const Sha256&, const std::string&)>& use) {
  std::optional<PostgresRows> rows;
  connection_.retrying([&] {
    rows = connection_.query("SELECT recipe_sha, description FROM recipe ORDER BY recipe_sha");
  });
  for (int i = 0; i < rows->size(); ++i) use(rows->hash(i, 0), std::string(rows->text(i, 1)));
}

std::vector<std::optional<LedgerRow>> PostgresLedger::find(std::span<const LedgerRow> keys) {
  PostgresArray source_array, mode_array, recipe_array, attempt_array;
  for (const LedgerRow& key : keys) {
    source_array.add(key.source);
    mode_array.add(key.mode);
    recipe_array.add(key.recipe);
    attempt_array.add(int64_t{key.attempt});
  }
  const std::string sources = source_array.take(), modes = mode_array.take(),
                    recipes = recipe_array.take(), attempts = attempt_array.take();
  std::vector<std::optional<LedgerRow>> found(keys.size());
  connection_.retrying([&] {
    const PostgresRows rows = connection_.query(
        "SELECT " + kRow +
            ", t.n FROM rewrite r JOIN unnest($1::bytea[], "
            "$2::text[], $3::bytea[], $4::int[]) WITH "
            "ORDINALITY AS t(s, m, c, a, n) ON r.source_sha = t.s AND r.mode = t.m "
            "AND r.recipe_sha = "
            "t.c AND r.attempt = t.a",
        {sources, modes, recipes, attempts});
    for (int i = 0; i < rows.size(); ++i)
      found[static_cast<size_t>(rows.integer(i, kRowColumns) - 1)] = read_row(rows, i);
  });
  return found;
}

void PostgresLedger::replace(const LedgerRow& row) {
  const LedgerRow* const rows[] = {&row};
  connection_.retrying([&] {
    insert_rows(rows,
                "ON CONFLICT (source_sha, mode, recipe_sha, attempt) DO "
                "UPDATE SET status = "
                "EXCLUDED.status, text = EXCLUDED.text, tokens_in = "
                "EXCLUDED.tokens_in, tokens_out "
                "= EXCLUDED.tokens_out, seconds = EXCLUDED.seconds, "
                "scores = EXCLUDED.scores, "
                "worker = EXCLUDED.worker, at = EXCLUDED.at");
  });
}

std::vector<LedgerCount> PostgresLedger::counts() { return postgres_counts(connection_); }

std::vector<LedgerWorker> PostgresLedger::workers() { return postgres_workers(connection_); }

std::vector<std::string> PostgresLedger::damage() { return postgres_damage(connection_); }

}  // namespace clipwright::rewrite::ledger
