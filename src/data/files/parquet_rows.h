// Rows of a Parquet file without Arrow's headers, which cost half a minute to compile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::data::files {

/// One value: text or bytes, or a number; `null` when there is none.
struct ParquetCell {
  bool null = true;
  bool is_text = false;
  std::string_view text;  ///< valid during the call that shows it
  double number = 0;
};

class ParquetRows {
 public:
  /// Throws Error(kInput) when the file is missing or no Parquet file.
  explicit ParquetRows(const std::string& path);
  ~ParquetRows();

  int64_t size() const;
  /// Names of the columns that hold text, bytes or numbers; fields of a structure are
  /// "outer.inner".
  const std::vector<std::string>& columns() const;
  bool has(const std::string& column) const;
  /// The first of `names` that is a column, or an empty string.
  std::string first_of(std::initializer_list<std::string> names) const;

  /// Shows the cells of `columns` for every row in order. Throws Error(kInput) when the file is
  /// damaged.
  void read(const std::vector<std::string>& columns,
            const std::function<void(int64_t row, std::span<const ParquetCell>)>& use) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clipwright::data::files
