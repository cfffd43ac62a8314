// Side-cars of rewrites in Parquet: the columns of a record a row ("long"), or a column
// "rewrite:<mode>" for each mode beside a key ("wide").
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "records/parquet_rows.h"
#include "records/reader.h"

namespace clipwright::records {

/// A row of the wide form gives a record for each mode that it has a text of.
class ParquetReader final : public Reader {
 public:
  /// Throws Error(kInput) when the file cannot be read or has the columns of neither form;
  /// `needs_source`: nor without key, mode, source and text.
  explicit ParquetReader(const std::filesystem::path& path, bool needs_source = false);
  bool next(Record& record) override;
  std::string where() const override;

 private:
  /// The columns that are read, and where they stand in a row's cells.
  struct Columns {
    Columns(const ParquetRows& rows, const std::string& path, bool needs_source);
    void take(const std::string& column);

    std::vector<std::string> names;
    std::map<std::string, size_t, std::less<>> at;
    std::vector<std::pair<std::string, size_t>> scores;  ///< by the score's name
    std::vector<std::pair<std::string, size_t>> modes;   ///< of the wide form
  };
  /// Null when the file has no such column.
  const ParquetCell& cell(const char* column) const;
  bool next_long(Record& record);
  bool next_wide(Record& record);

  std::string path_;
  ParquetRows rows_;
  Columns columns_;
  size_t mode_;  ///< of a wide row, the next to give
  ParquetCursor cursor_;
};

}  // namespace clipwright::records
