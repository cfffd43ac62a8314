// Tables of a page.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace clipwright::report {

enum class Tone { kPlain, kGood, kWarning, kBad };

/// A table cell: text, or a number that takes part in "best of the column".
struct Cell {
  std::string text;
  std::optional<double> value;
  Tone tone = Tone::kPlain;
  Cell(std::string text) : text(std::move(text)) {}
  Cell(const char* text) : text(text) {}
  /// Shown with `digits` decimals.
  static Cell number(double value, int digits = 1);
  /// "58.5 ± 0.4": mean and spread over seeds.
  static Cell spread(double mean, double deviation, int digits = 1);
  /// "+3.2 ± 0.4", green when better, red when worse, plain when the interval holds zero. Never
  /// marked as best.
  static Cell difference(double mean, double deviation, int digits = 1,
                         bool higher_is_better = true);
};

enum class Best { kNone, kHighest, kLowest };

struct Column {
  std::string name;
  Best best = Best::kNone;  ///< the best number of the column is set bold
};

struct Table {
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  ///< each as long as `columns`
  /// Where the best is sought: down a column, or along each row among the columns that have `best`
  /// set.
  bool best_in_row = false;
};

/// The table as HTML.
std::string table_html(const Table& table);

}  // namespace clipwright::report
