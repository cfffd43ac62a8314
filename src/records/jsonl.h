// rewrites.jsonl: a record a line (docs/formats/rewrites.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/file.h"
#include "core/mapped_files.h"
#include "records/reader.h"

namespace clipwright::records {

/// A mapped file whose records can be read again at the places at which they were met. Thread-safe.
class JsonlFile {
 public:
  /// Throws Error(kInput) when the file cannot be read, is empty or no lines of JSON
  /// (`first_json_line`).
  explicit JsonlFile(const std::filesystem::path& path);
  /// The record whose line starts at byte `place`.
  Record at(uint64_t place) const;

 private:
  friend class JsonlReader;
  MappedFiles files_;
  uint64_t start_ = 0;
};

/// Blank lines are passed over.
class JsonlReader final : public Reader {
 public:
  explicit JsonlReader(std::shared_ptr<const JsonlFile> file);
  bool next(Record& record) override;
  std::string where() const override;
  /// Of the last row, for JsonlFile::at.
  uint64_t place() const { return place_; }

 private:
  std::shared_ptr<const JsonlFile> file_;
  uint64_t next_ = 0, place_ = 0, released_ = 0;
};

/// The file appears with `commit`, whole.
class JsonlWriter {
 public:
  explicit JsonlWriter(const std::filesystem::path& path) : file_(path) {}
  /// `more`: fields beyond those of a record, written after them.
  void add(const Record& record, const Json& more = {});
  void commit() { file_.commit(); }
  /// For a commit with other files; lives as long as the writer.
  AtomicFile& file() { return file_; }

 private:
  AtomicFile file_;
};

}  // namespace clipwright::records
