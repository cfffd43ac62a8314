#include "rewrite/ledger/postgres_connection.h"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/random.h"
#include "rewrite/ledger/ledger.h"
#include "text/unicode/utf8.h"

namespace clipwright::rewrite::ledger {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kFirstPause(100), kLongestPause(10000);

/// The server went away or asks to try again.
struct Lost {
  std::string why;
};

std::string first_line(const char* text) {
  std::string line(text == nullptr ? "" : text);
  line = line.substr(0, line.find('\n'));
  return line.empty() ? "no reason given" : line;
}

/// Classes of SQLSTATE that pass: connection, resources, operator intervention,
/// serialisation.
bool passes(std::string_view state) {
  return state.empty() || state.starts_with("08") || state.starts_with("53") ||
         state.starts_with("57P") || state == "40001" || state == "40P01" || state == "25006";
}

}  // namespace

void PostgresRows::Clear::operator()(pg_result* result) const { PQclear(result); }
int PostgresRows::size() const { return PQntuples(result_.get()); }
bool PostgresRows::null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}
std::string_view PostgresRows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}
int64_t PostgresRows::integer(int row, int column) const {
  const std::string_view value = text(row, column);
  int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}
double PostgresRows::real(int row, int column) const {
  return std::strtod(PQgetvalue(result_.get(), row, column), nullptr);
}

Sha256 PostgresRows::hash(int row, int column) const {
  Sha256 hash{};
  std::string_view value = text(row, column);
  if (value.size() != 2 + 2 * hash.size() || !value.starts_with("\\x")) return hash;
  value.remove_prefix(2);
  for (size_t i = 0; i < hash.size(); ++i)
    std::from_chars(value.data() + 2 * i, value.data() + 2 * i + 2, hash[i], 16);
  return hash;
}

std::string PostgresArray::of(std::span<const Sha256> hashes) {
  PostgresArray array;
  for (const Sha256& hash : hashes) array.add(hash);
  return array.take();
}
void PostgresArray::separate() {
  text_ += empty_ ? '{' : ',';
  empty_ = false;
}
void PostgresArray::add(std::string_view text) {
  separate();
  text_ += '"';
  for (const char c : postgres_text(text)) {
    if (c == '"' || c == '\\') text_ += '\\';
    text_ += c;
  }
  text_ += '"';
}
void PostgresArray::add(const Sha256& hash) {
  separate();
  text_ += "\"\\\\x" + hex(hash) + '"';
}
void PostgresArray::add(int64_t number) {
  separate();
  text_ += std::to_string(number);
}
void PostgresArray::add(double number) {
  separate();
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.17g", number);
  text_ += digits;
}
void PostgresArray::add_null() {
  separate();
  text_ += "NULL";
}

std::string postgres_text(std::string_view text) {
  std::string fit;
  fit.reserve(text.size());
  while (!text.empty()) {
    const size_t length = text::unicode::utf8_length(text);
    if (text[0] == '\0') {
      fit += "\u2400";
    } else {
      fit += length > 0 ? text.substr(0, length) : "\ufffd";
    }
    text.remove_prefix(length > 0 ? length : 1);
  }
  return fit;
}

std::string postgres_bytes(const Sha256& hash) { return "\\x" + hex(hash); }

void PostgresConnection::Close::operator()(pg_conn* connection) const { PQfinish(connection); }

PostgresConnection::PostgresConnection(std::string url, double patience)
    : url_(std::move(url)), name_(ledger_name(url_)), patience_(patience) {
  try {
    connect();
  } catch (const Lost& lost) {
    fail_running(name_ + ": the ledger cannot be reached (" + lost.why + ")",
                 "a PostgreSQL server that knows this user and database",
                 "Check --ledger postgresql://USER@HOST/DATABASE and that the "
                 "server runs.");
  }
}

PostgresConnection::~PostgresConnection() = default;

void PostgresConnection::connect() {
  // A peer that is silently gone must not hold a worker for hours, as TCP alone
  // would.
  const char* const keys[] = {"dbname",
                              "connect_timeout",
                              "keepalives_idle",
                              "tcp_user_timeout",
                              "application_name",
                              "client_encoding",
                              nullptr};
  const char* const values[] = {url_.c_str(), "10", "30", "30000", "clipwright", "UTF8", nullptr};
  connection_.reset();
  connection_.reset(PQconnectdbParams(keys, values, 1));
  if (PQstatus(connection_.get()) != CONNECTION_OK)
    throw Lost{first_line(PQerrorMessage(connection_.get()))};
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
}

PostgresRows PostgresConnection::query(const std::string& sql,
                                       std::initializer_list<std::string> parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  pg_result* result = PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()),
                                   nullptr, values.data(), nullptr, nullptr, 0);
  PostgresRows rows(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return rows;
  const std::string why = first_line(PQerrorMessage(connection_.get()));
  const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (PQstatus(connection_.get()) != CONNECTION_OK || passes(state == nullptr ? "" : state))
    throw Lost{why};
  const std::string_view code(state);
  if (code.starts_with("42") || code.starts_with("3F")) {
    fail_input(name_ + ": " + why, "tables of a ledger of this program, and the right to use them",
               "Choose another database, or grant the rights.");
  }
  fail_running(name_ + ": " + why);
}

void PostgresConnection::each(const std::string& sql,
                              const std::function<void(const PostgresRows&, int)>& use) {
  try {
    query("BEGIN");
    query("DECLARE rows NO SCROLL CURSOR FOR " + sql);
    for (;;) {
      const PostgresRows rows = query("FETCH 10000 FROM rows");
      if (rows.size() == 0) break;
      for (int i = 0; i < rows.size(); ++i) use(rows, i);
    }
    query("COMMIT");
  } catch (const Lost& lost) {
    fail_running(name_ + ": the connection was lost while reading (" + lost.why + ")", {},
                 "Run the same command again.");
  }
}

void PostgresConnection::retrying(const std::function<void()>& work) {
  Clock::time_point lost_at{};
  auto pause = kFirstPause;
  Random jitter(static_cast<uint64_t>(Clock::now().time_since_epoch().count()), "reconnect", 0,
                uint64_t{0});
  for (;;) {
    try {
      if (connection_ == nullptr || PQstatus(connection_.get()) != CONNECTION_OK) connect();
      work();
      if (lost_at != Clock::time_point{})
        log_info(name_ + ": the ledger answers again; nothing was lost.");
      return;
    } catch (const Lost& lost) {
      const auto now = Clock::now();
      if (lost_at == Clock::time_point{}) {
        lost_at = now;
        log_warning(name_ + ": the ledger does not answer (" + lost.why + "); trying again for " +
                    readable_duration(patience_) + ".");
      }
      if (std::chrono::duration<double>(now - lost_at).count() >= patience_ || interrupted()) {
        fail_running(name_ + ": the ledger did not answer for " +
                         readable_duration(std::chrono::duration<double>(now - lost_at).count()) +
                         " (" + lost.why + ")",
                     {}, "Start the server and run the same command again.");
      }
    }
    // Half fixed, half drawn, so that many workers do not come back in the same
    // instant.
    const auto until =
        Clock::now() + pause / 2 +
        std::chrono::milliseconds(jitter.below(static_cast<uint64_t>(pause.count() / 2 + 1)));
    while (Clock::now() < until && !interrupted())
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    pause = std::min(2 * pause, kLongestPause);
  }
}

void PostgresConnection::transaction(const std::function<void()>& work) {
  retrying([&] {
    query("BEGIN");
    try {
      work();
      query("COMMIT");
    } catch (...) {
      PostgresRows ignored(PQexec(connection_.get(), "ROLLBACK"));
      throw;
    }
  });
}

}  // namespace clipwright::rewrite::ledger
