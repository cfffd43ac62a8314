// Accepted rewrites as lines of JSON, plain or gzipped: what of a ledger is small enough to live in
// a repository, and what `--engine replay` reads ("Records" in docs/formats/rewrites.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"

namespace clipwright::records {

/// One accepted text and which recipe made it.
struct KeptText {
  std::string source, mode;
  Sha256 recipe{};
  std::string text;
  int attempt = 0;
  int64_t occurrence = 0;  ///< number of a further equal caption
};

/// A name that ends in .gz is gzipped. The file appears with `commit`, whole.
class KeptTextWriter {
 public:
  explicit KeptTextWriter(const std::filesystem::path& path);
  ~KeptTextWriter();
  /// Tells what a recipe is; it is written before the first of its texts, and not without one.
  void add_recipe(const Sha256& recipe, const Json& description);
  /// One that was written before is left out (a caption may occur many times).
  void add(const KeptText& kept);
  void commit() { close().commit(); }
  /// Ends the contents, for a commit with other files; lives as long as the writer.
  AtomicFile& close();

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
  /// 128 bits of what tells a text from others: 40 bytes each, where the captions themselves would
  /// take 150.
  struct Key {
    uint64_t high, low;
    bool operator==(const Key&) const = default;
  };
  struct LowBits {
    size_t operator()(const Key& key) const { return key.low; }
  };
  std::unordered_set<Key, LowBits> written_;
};

/// Calls `use_recipe` for each recipe, before the first of its texts, and `use` for each text.
/// Throws Error(kInput) with the number of a line that is neither.
void each_kept_text(const std::filesystem::path& path,
                    const std::function<void(const Sha256&, const Json&)>& use_recipe,
                    const std::function<void(const KeptText&)>& use);

}  // namespace clipwright::records
