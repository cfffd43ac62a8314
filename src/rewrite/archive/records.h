// Accepted rewrites as lines of JSON, plain or gzipped: a ledger small enough
// to live in a repository (docs/formats/rewrites.md).
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/file.h"
#include "core/json.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::archive {

/// Writes records; a name that ends in .gz is gzipped. The file appears with
/// `commit`.
class RecordWriter {
 public:
  explicit RecordWriter(const std::filesystem::path& path);
  ~RecordWriter();
  /// Tells what a recipe is; it is written before the first of its rows, and not without one.
  void add_recipe(const Sha256& recipe, const Json& description);
  /// A row of a recipe that was added; one that was written before is left out
  /// (a caption may occur many times).
  void add(const ledger::LedgerRow& row, const ledger::LedgerSource& source);
  void add(const ledger::LedgerRow& row, std::string_view text) { add(row, ledger::LedgerSource{text}); }
  void commit();

 private:
  struct Deflate;
  void line(const Json& value);
  AtomicFile file_;
  std::unique_ptr<Deflate> deflate_;
  struct Recipe {
    Json description;
    int number = -1;  ///< in the file; -1: not there yet
  };
  std::unordered_map<std::string, Recipe> recipes_;  ///< by hash in hexadecimal
  int recipes_written_ = 0;
  /// 128 bits of each record's key: 40 bytes a record, where the keys
  /// themselves would take 150.
  struct Key {
    uint64_t high, low;
    bool operator==(const Key&) const = default;
  };
  struct LowBits {
    size_t operator()(const Key& key) const { return key.low; }
  };
  std::unordered_set<Key, LowBits> written_;
};

/// Accepted rewrites by source and mode. Those of a records file are held in memory; a ledger,
/// which may be of any size, is asked for each. Where several recipes made one, the latest counts.
class Records {
 public:
  /// Reads a records file, or opens a ledger when the name begins with "sqlite:" or "postgresql:"
  /// or the file is an SQLite database. `recipe`: only what the recipes made whose hash begins with
  /// these digits. Throws Error(kInput) with the line that is no record.
  static Records read(const std::string& path_or_url, const std::string& recipe = {});

  /// The text of the `occurrence`-th of equal captions, if there is one.
  std::optional<std::string> find(std::string_view source, std::string_view mode,
                                  int64_t occurrence = 0) const;
  size_t size() const { return size_; }
  /// The modes there are texts of, in alphabetical order.
  std::vector<std::string> modes() const;
  /// Of them those whose texts more than one recipe made.
  std::vector<std::string> mixed_modes() const;
  /// SHA-256 over all (source, mode, text), whatever their order.
  const std::string& digest() const { return digest_; }
  const Json& recipes() const { return recipes_; }  ///< descriptions

 private:
  void read_file(const std::filesystem::path& path, const std::string& recipe);
  void read_ledger(const std::string& url, const std::string& recipe);

  std::shared_ptr<ledger::Ledger> ledger_;                         ///< or null: `texts_`
  std::map<std::string, std::string, std::less<>> texts_;  ///< by 16 bytes of source hash + mode
  std::map<std::string, std::set<Sha256>, std::less<>> recipes_of_;  ///< by mode
  size_t size_ = 0;
  std::string digest_;
  Json recipes_ = Json::array();
};

/// Puts the records of a file into a ledger as accepted rows of the recipes
/// they were made with, so that a job with the same recipe finds them done.
/// Returns how many records there were; one whose row is there already changes nothing. Throws as
/// Records::read, and Error(kInput) for a recipe that is not what its hash says.
int64_t import_records(const std::filesystem::path& path, ledger::Ledger& ledger);

/// Whether a name is that of a file that is no SQLite database: of records, if of anything.
bool names_records(const std::string& path_or_url);

}  // namespace clipwright::rewrite::archive
