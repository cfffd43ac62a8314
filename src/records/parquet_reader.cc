#include "records/parquet_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/hash.h"

namespace clipwright::records {
namespace {

constexpr std::string_view kModePrefix = "rewrite:", kScorePrefix = "scores.";

/// Nothing for what is no number: null, text, lists, and what pandas writes where a value is
/// missing, NaN. No record holds it, as JSON cannot.
std::optional<double> number_of(const ParquetCell& cell) {
  if (cell.null || cell.is_text || cell.is_list || !std::isfinite(cell.number)) return std::nullopt;
  return cell.number;
}

/// A hash is 32 bytes or their hexadecimal digits.
std::string hash_text(const ParquetCell& cell) {
  if (cell.text.size() != sizeof(Sha256)) return std::string(cell.text);
  return hex({reinterpret_cast<const uint8_t*>(cell.text.data()), cell.text.size()});
}

}  // namespace

ParquetReader::Columns::Columns(const ParquetRows& rows, const std::string& path,
                                bool needs_source) {
  if (needs_source) {
    for (const char* column : {"key", "mode", "source", "text"}) {
      if (rows.has(column)) continue;
      fail_input(path + ": has no column '" + column + "'",
                 "the columns key, mode, source and text",
                 "Use the side-car that 'clipwright rewrite --output-parquet' writes.");
    }
  }
  const bool is_long = rows.has("mode") && rows.has("text");
  for (const std::string& column : rows.columns()) {
    if (!is_long && column.starts_with(kModePrefix)) {
      modes.emplace_back(column.substr(kModePrefix.size()), names.size());
      names.push_back(column);
    }
    if (is_long && column.starts_with(kScorePrefix)) {
      scores.emplace_back(column.substr(kScorePrefix.size()), names.size());
      names.push_back(column);
    }
  }
  if (!rows.has("key") || (!is_long && modes.empty())) {
    fail_input(path + ": has neither the columns key, mode, text nor key and rewrite:<mode>",
               "a side-car of rewrites (docs/formats/captions.md)");
  }
  if (is_long && rows.has("audit") && !rows.has("scores.audit")) {
    scores.emplace_back("audit", names.size());
    names.emplace_back("audit");
  }
  for (const char* column : {"key", "source", "source_sha256"}) {
    if (rows.has(column)) take(column);
  }
  for (const char* column :
       {"mode", "text", "status", "attempt", "source_cut", "recipe", "flags"}) {
    if (is_long && rows.has(column)) take(column);
  }
}

void ParquetReader::Columns::take(const std::string& column) {
  at.emplace(column, names.size());
  names.push_back(column);
}

ParquetReader::ParquetReader(const std::filesystem::path& path, bool needs_source)
    : path_(path.string()),
      rows_(path_),
      columns_(rows_, path_, needs_source),
      mode_(columns_.modes.size()),
      cursor_(rows_, columns_.names) {}

const ParquetCell& ParquetReader::cell(const char* column) const {
  static const ParquetCell kNone;
  const auto found = columns_.at.find(column);
  return found == columns_.at.end() ? kNone : cursor_.cells()[found->second];
}

std::string ParquetReader::where() const { return path_ + ", row " + std::to_string(row_); }

bool ParquetReader::next(Record& record) {
  damage_.clear();
  const bool found = columns_.modes.empty() ? next_long(record) : next_wide(record);
  row_ = cursor_.row() + 1;
  return found;
}

bool ParquetReader::next_long(Record& record) {
  if (!cursor_.next()) return false;
  record = {};
  record.key = cell("key").as_text();
  record.mode = cell("mode").as_text();
  if (const ParquetCell& source = cell("source"); !source.null) record.source = source.as_text();
  record.source_sha256 = hash_text(cell("source_sha256"));
  record.text = cell("text").as_text();
  if (const ParquetCell& status = cell("status"); !status.null) record.status = status.as_text();
  record.attempt = static_cast<int>(std::clamp<double>(number_of(cell("attempt")).value_or(0), 0,
                                                       std::numeric_limits<int>::max()));
  record.source_cut = number_of(cell("source_cut")).value_or(0) != 0;
  record.recipe = cell("recipe").as_text();
  for (const auto& [name, at] : columns_.scores) {
    if (const auto score = number_of(cursor_.cells()[at]))
      record.scores.values.emplace(name, *score);
  }
  if (const ParquetCell& flags = cell("flags"); flags.is_list)
    record.scores.flags.emplace(flags.list.begin(), flags.list.end());
  if (cell("text").null && record.accepted()) damage_ = "has no text";
  return true;
}

bool ParquetReader::next_wide(Record& record) {
  for (;;) {
    for (; mode_ < columns_.modes.size(); ++mode_) {
      const auto& [mode, at] = columns_.modes[mode_];
      const ParquetCell& text = cursor_.cells()[at];
      if (text.text.empty()) continue;  // this sample has no such rewrite
      record = {};
      record.key = cell("key").as_text();
      if (const ParquetCell& source = cell("source"); !source.null)
        record.source = source.as_text();
      record.source_sha256 = hash_text(cell("source_sha256"));
      record.mode = mode;
      record.text = text.as_text();
      ++mode_;
      return true;
    }
    if (!cursor_.next()) return false;
    mode_ = 0;
  }
}

}  // namespace clipwright::records
