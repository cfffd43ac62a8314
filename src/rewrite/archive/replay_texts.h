// Texts that were made before, to be told again instead of asking a model.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::archive {

/// Accepted rewrites by source and mode. Those of a records file are held in memory; a ledger,
/// which may be of any size, is asked for each. Where several recipes made one, the latest counts.
class ReplayTexts {
 public:
  /// Reads a records file, or opens a ledger when the name begins with "sqlite:" or "postgresql:"
  /// or the file is an SQLite database. `recipe`: only what the recipes made whose hash begins with
  /// these digits. Throws Error(kInput) with the line that is no record.
  static ReplayTexts read(const std::string& path_or_url, const std::string& recipe = {});

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

  std::shared_ptr<ledger::Ledger> ledger_;                 ///< or null: `texts_`
  std::map<std::string, std::string, std::less<>> texts_;  ///< by 16 bytes of source hash + mode
  std::map<std::string, std::set<Sha256>, std::less<>> recipes_of_;  ///< by mode
  size_t size_ = 0;
  std::string digest_;
  Json recipes_ = Json::array();
};

/// Whether a name is that of a file that is no SQLite database: of records, if of anything.
bool names_records(const std::string& path_or_url);

}  // namespace clipwright::rewrite::archive
