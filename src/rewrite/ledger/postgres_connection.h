// A connection to a PostgreSQL server that comes back: work that a lost
// connection interrupts is done again once the server answers.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.h"

struct pg_conn;
struct pg_result;

namespace clipwright::rewrite::ledger {

/// Rows of a query. Values are texts.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* result) : result_(result) {}
  int size() const;
  std::string_view text(int row, int column) const;
  int64_t integer(int row, int column) const;
  double real(int row, int column) const;
  bool truth(int row, int column) const { return text(row, column) == "t"; }
  bool null(int row, int column) const;
  /// Of a column of type bytea; zeros when it is not 32 bytes long.
  Sha256 hash(int row, int column) const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

/// An array of one type as a parameter: "{...}".
class PostgresArray {
 public:
  static std::string of(std::span<const Sha256> hashes);
  void add(std::string_view text);
  void add(const Sha256& hash);
  void add(int64_t number);
  void add(double number);
  void add_null();
  std::string take() { return std::move(text_) + (empty_ ? "{}" : "}"); }

 private:
  void separate();
  std::string text_;
  bool empty_ = true;
};

/// Text that the server takes: it knows no zero byte (written as U+2400, the
/// sign for it) and no broken UTF-8 (U+FFFD).
std::string postgres_text(std::string_view text);
std::string postgres_bytes(const Sha256& hash);

class PostgresConnection {
 public:
  /// Connects. Throws Error(kFailed) when the server cannot be reached within
  /// ten seconds or refuses. `patience`: seconds to try again later on, once it
  /// was there.
  PostgresConnection(std::string url, double patience);
  ~PostgresConnection();

  /// Calls `work`, which asks through `query`. When the connection is lost or
  /// the server says to try again (a deadlock, a full queue), everything in it
  /// is done again, with growing pauses, until the patience ends: then
  /// Error(kFailed). So `work` must be idempotent.
  void retrying(const std::function<void()>& work);
  /// The same, as one transaction.
  void transaction(const std::function<void()>& work);
  PostgresRows query(const std::string& sql, std::initializer_list<std::string> parameters = {});
  /// Every row of a query, through a cursor, so that memory does not grow with
  /// it. A connection lost on the way is an Error(kFailed).
  void each(const std::string& sql, const std::function<void(const PostgresRows&, int row)>& use);
  const std::string& name() const { return name_; }

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  void connect();
  std::string url_, name_;
  double patience_;
  std::unique_ptr<pg_conn, Close> connection_;
};

}  // namespace clipwright::rewrite::ledger
