// Rewrites of any form that carries keys, one record after the other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "records/record.h"

namespace clipwright::records {

/// Records in the order of their file; memory does not grow with it.
class Reader {
 public:
  virtual ~Reader() = default;
  /// The next row; false at the end. A row that is no record is given too: `damage` says why.
  /// Throws Error(kInput) when the file itself cannot be read on.
  virtual bool next(Record& record) = 0;
  /// Why the last row is no record ("has no text"); empty when it is one.
  const std::string& damage() const { return damage_; }
  /// Of the last row, 1-based: a line or a row of the file.
  int64_t row() const { return row_; }
  /// "rewrites.jsonl, line 3"
  virtual std::string where() const = 0;

 protected:
  std::string damage_;
  int64_t row_ = 0;
};

enum class Form { kLines, kJsonl, kParquet, kUnknown };

/// By the ending of the name, whatever its case: .txt, .jsonl or .ndjson, .parquet.
Form form_of(const std::filesystem::path& path);

/// What a user names: a file, or the folder that 'clipwright rewrite' wrote, for which its
/// rewrites.jsonl stands. Throws Error(kInput) for a folder without one.
std::filesystem::path file_of(const std::filesystem::path& given);

/// Opens JSON lines or Parquet. Throws Error(kInput) when the file cannot be read or holds no
/// rewrites; `needs_source`: nor without the captions that were rewritten.
std::unique_ptr<Reader> open_reader(const std::filesystem::path& path, bool needs_source = false);

}  // namespace clipwright::records
