#include "rewrite/ledger/ledger.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "core/error.h"
#include "core/random.h"
#include "rewrite/ledger/postgres_ledger.h"
#include "rewrite/ledger/sqlite_ledger.h"

namespace clipwright::rewrite::ledger {
namespace {

bool on_a_server(const std::string& url) {
  return url.starts_with("postgresql:") || url.starts_with("postgres:");
}

std::string file_of(const std::string& url) {
  std::string path = url.starts_with("sqlite:") ? url.substr(7) : url;
  if (path.starts_with("//")) path = path.substr(2);
  if (path.empty()) fail_usage("the ledger has no file name", "sqlite:FILE");
  if (!url.starts_with("sqlite:") && path.find("://") != std::string::npos)
    fail_usage("'" + url + "' is no ledger", "sqlite:FILE or postgresql://HOST/DATABASE");
  return path;
}

}  // namespace

bool describes(const std::string& description, const Sha256& recipe) {
  Json parts = try_json(description);
  if (!parts.is_object()) return false;
  parts.erase("details");
  return sha256(to_line(parts)) == recipe;
}

std::array<uint64_t, 2> short_key(const Sha256& source) {
  std::array<uint64_t, 2> key{};
  for (size_t i = 0; i < 16; ++i) key[i / 8] = key[i / 8] << 8 | source[i];
  return key;
}

std::string occurrence_text(std::string_view caption, int64_t occurrence) {
  std::string text(caption);
  if (occurrence > 0) text += "\x1f" + std::to_string(occurrence);
  return text;
}

Sha256 source_key(std::string_view caption, int64_t occurrence) {
  return occurrence == 0 ? sha256(caption) : sha256(occurrence_text(caption, occurrence));
}

std::unique_ptr<Ledger> open_ledger(const std::string& url, const LedgerOptions& options) {
  if (!options.create) {
    auto ledger = open_ledger_if_any(url, options);
    if (ledger == nullptr)
      fail_input(ledger_name(url) + ": there is no such ledger",
                 "one written by 'clipwright rewrite'", "Check --ledger.");
    return ledger;
  }
  if (on_a_server(url)) return std::make_unique<PostgresLedger>(url, options);
  const std::string path = file_of(url);
  const bool fill = options.fill || !std::filesystem::exists(path);
  return std::make_unique<SqliteLedger>(path, SqliteAccess::kWrite, fill);
}

std::unique_ptr<Ledger> open_ledger_if_any(const std::string& url, const LedgerOptions& options) {
  if (on_a_server(url)) {
    LedgerOptions existing = options;
    existing.create = false;
    auto ledger = std::make_unique<PostgresLedger>(url, existing);
    return ledger->exists() ? std::move(ledger) : nullptr;
  }
  const std::string path = file_of(url);
  std::error_code absent;
  const auto size = std::filesystem::file_size(path, absent);
  if (!std::filesystem::exists(path) || (!absent && size == 0 && options.create)) return nullptr;
  return std::make_unique<SqliteLedger>(path, SqliteAccess::kRead);
}

std::string ledger_name(const std::string& url) {
  if (!on_a_server(url)) return file_of(url);
  const size_t host = url.find('@'), user = url.find("://"), colon = url.find(':', user + 3);
  std::string name = url.substr(0, url.find('?'));
  if (host != std::string::npos && colon != std::string::npos && colon < host)
    name = url.substr(0, colon) + name.substr(std::min(host, name.size()));
  return name;
}

std::string worker_name() {
  static std::atomic<uint64_t> number = 0;
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  const auto start = std::chrono::steady_clock::now().time_since_epoch().count();
  char suffix[8];
  std::snprintf(suffix, sizeof suffix, "%04x",
                static_cast<unsigned>(hash64(std::to_string(start), ++number) & 0xffff));
  return std::string(host) + ":" + std::to_string(::getpid()) + ":" + suffix;
}

}  // namespace clipwright::rewrite::ledger
