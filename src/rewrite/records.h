// Accepted rewrites as lines of JSON, plain or gzipped: a ledger small enough
// to live in a repository (docs/formats/rewrites.md).
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/file.h"
#include "core/json.h"
#include "rewrite/ledger.h"

namespace clipwright {

/// Writes records; a name that ends in .gz is gzipped. The file appears with
/// `commit`.
class RecordWriter {
 public:
  explicit RecordWriter(const std::filesystem::path& path);
  ~RecordWriter();
  void add_recipe(const Sha256& recipe, const Json& description);
  /// A row of a recipe that was added; one that was written before is left out
  /// (a caption may occur many times).
  void add(const LedgerRow& row, const LedgerSource& source);
  void add(const LedgerRow& row, std::string_view text) { add(row, LedgerSource{text}); }
  void commit();

 private:
  struct Deflate;
  void line(const Json& value);
  AtomicFile file_;
  std::unique_ptr<Deflate> deflate_;
  std::unordered_map<std::string, int>
      recipes_;  ///< by hash in hexadecimal: their number in the file
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

/// Accepted rewrites by source and mode, whatever recipe made them; of several
/// the last read counts.
class Records {
 public:
  /// Reads a records file, or a ledger when the name begins with "sqlite:" or
  /// "postgresql:" or the file is an SQLite database. Throws Error(kInput) with
  /// the line that is no record.
  static Records read(const std::string& path_or_url);

  /// Null when there is none.
  const std::string* find(std::string_view source, std::string_view mode) const;
  size_t size() const { return texts_.size(); }
  /// SHA-256 over all (source, mode, text), whatever their order.
  const std::string& digest() const { return digest_; }
  const Json& recipes() const { return recipes_; }  ///< descriptions, in the order of the file

 private:
  void add(const Sha256& source, const std::string& mode, std::string text);
  void seal();
  std::unordered_map<std::string, std::string> texts_;  ///< by 16 bytes of source hash + mode
  std::string digest_;
  Json recipes_ = Json::array();
};

/// Puts the records of a file into a ledger as accepted rows of the recipes
/// they were made with, so that a job with the same recipe finds them done.
/// Returns how many records there were. Throws as Records::read.
int64_t import_records(const std::filesystem::path& path, Ledger& ledger);

}  // namespace clipwright
