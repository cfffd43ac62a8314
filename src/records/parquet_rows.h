// Rows of a Parquet file without Arrow's headers, which cost half a minute to compile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::records {

/// One value: text or bytes, a number, a truth (0 or 1), or a list of texts; `null` when there is
/// none.
struct ParquetCell {
  bool null = true;
  bool is_text = false;
  bool is_list = false;
  std::string_view text;  ///< valid until the next row is read
  double number = 0;
  /// Of a column of whole numbers, whose largest no double holds: the same, exactly.
  bool is_whole = false, below_zero = false;
  uint64_t magnitude = 0;
  std::vector<std::string_view> list;  ///< valid as `text`

  /// The text, or the number as one: whole ones exactly, others in the fewest digits that read
  /// back; empty when null or a list.
  std::string as_text() const;
};

class ParquetRows {
 public:
  /// Throws Error(kInput) when the file is missing or no Parquet file.
  explicit ParquetRows(const std::string& path);
  ~ParquetRows();

  int64_t size() const;
  /// Names of the columns that hold text, bytes, numbers or lists of texts; fields of a structure
  /// are "outer.inner".
  const std::vector<std::string>& columns() const;
  bool has(const std::string& column) const;
  /// Whether a column of columns() holds lists of texts.
  bool holds_lists(const std::string& column) const;

  /// Shows the cells of `columns` for every row in order. Throws Error(kInput) when the file is
  /// damaged.
  void read(const std::vector<std::string>& columns,
            const std::function<void(int64_t row, std::span<const ParquetCell>)>& use) const;

 private:
  friend class ParquetCursor;
  struct State;
  std::unique_ptr<State> state_;
};

/// The same rows asked for one by one.
class ParquetCursor {
 public:
  /// The rows must outlive the cursor.
  ParquetCursor(const ParquetRows& rows, std::vector<std::string> columns);
  ~ParquetCursor();

  /// False at the end. Throws Error(kInput) when the file is damaged.
  bool next();
  int64_t row() const { return row_; }  ///< from 0
  std::span<const ParquetCell> cells() const { return cells_; }

 private:
  struct Batch;
  const ParquetRows& rows_;
  std::vector<std::string> columns_;
  std::vector<ParquetCell> cells_;
  std::unique_ptr<Batch> batch_;
  int64_t row_ = -1;
};

}  // namespace clipwright::records
