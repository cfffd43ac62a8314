// Rewrites as a Parquet side-car with typed columns (docs/formats/rewrites.md), for pandas, pyarrow
// and `train --rewrites`.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/file.h"
#include "records/record.h"

namespace clipwright::records {

/// Writes records as rows: texts are strings, mode, status and recipe dictionaries, source_sha256
/// 32 bytes, each score a column "scores.<name>" of doubles, flags a list. The scores among the
/// first 4,096 records decide which columns there are. Memory does not grow with the file.
class ParquetWriter {
 public:
  /// Throws Error(kFailed) when the file cannot be made.
  explicit ParquetWriter(const std::filesystem::path& path);
  ~ParquetWriter();

  /// A source, hash or recipe that is not known is null.
  void add(const Record& record);
  /// Keeps what made the records of a recipe in the file's metadata, as "clipwright.recipe.<hex>".
  void describe(const std::string& recipe, const Json& description);
  /// The file appears under its name. Throws Error(kFailed) when the disk refuses.
  void commit() { close().commit(); }
  /// Ends the contents, for a commit with other files; lives as long as the writer.
  AtomicFile& close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clipwright::records
