#include "rewrite/ledger.h"

#include "core/error.h"
#include "rewrite/sqlite_ledger.h"

namespace clipwright {

std::array<uint64_t, 2> short_key(const Sha256& source) {
  std::array<uint64_t, 2> key{};
  for (size_t i = 0; i < 16; ++i) key[i / 8] = key[i / 8] << 8 | source[i];
  return key;
}

std::unique_ptr<Ledger> open_ledger(const std::string& url) {
  if (url.rfind("postgresql:", 0) == 0 || url.rfind("postgres:", 0) == 0) {
    fail_usage("'" + url + "': this version keeps its ledger in SQLite", "sqlite:FILE");
  }
  std::string path = url.rfind("sqlite:", 0) == 0 ? url.substr(7) : url;
  if (path.rfind("//", 0) == 0) path = path.substr(2);
  if (path.empty()) fail_usage("the ledger has no file name", "sqlite:FILE");
  return std::make_unique<SqliteLedger>(path);
}

}  // namespace clipwright
