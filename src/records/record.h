// A rewrite as it is kept on disk, in whatever form (docs/formats/rewrites.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace clipwright::records {

constexpr std::string_view kAccepted = "accepted";

/// What the audit said of a text.
struct Scores {
  std::map<std::string, double> values;           ///< "audit" in [0, 1], ...
  std::optional<std::vector<std::string>> flags;  ///< none when nobody looked
  /// {"audit": 0.93, "flags": []}; other members are passed over. Anything but an object is empty.
  static Scores from_json(const Json& json);
  Json to_json() const;
};

/// One text of one caption in one mode.
struct Record {
  std::string key;  ///< joins it to its sample
  std::string mode;
  std::optional<std::string> source;  ///< the caption
  std::string source_sha256;  ///< its hash, lower-case hexadecimal; empty when it is not known
  std::string text;
  std::string status{kAccepted};  ///< "rejected:too-short", "missing", ...
  int attempt = 0;
  bool source_cut = false;  ///< the caption's tail did not fit into the prompt
  int64_t occurrence = 0;   ///< number of a further equal caption
  Scores scores;
  std::string recipe;  ///< hash of what made it; empty when it is not known

  bool accepted() const { return status == kAccepted; }
};

/// The fields in the order of the format.
Json to_json(const Record& record);

/// Reads an object; false, with the reason in `damage`, when it is no record. Fields of another
/// type than theirs count as absent; a record without status is accepted.
bool from_json(const Json& json, Record& record, std::string& damage);

/// Throws Error(kInput) when the record holds a source that is not the one of its hash. `where`
/// names file and row.
void check_source(const Record& record, const std::string& where);

}  // namespace clipwright::records
