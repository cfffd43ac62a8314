// How a table in text is laid out: its separator, its header, and which column holds what. Decided
// once, for tables of pictures and tables of captions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "data/files/csv_rows.h"
#include "data/source/dataset.h"
#include "data/source/source_kind.h"

namespace clipwright::data::source {

struct CsvLayout {
  enum Rows {
    kPairs,     ///< open_clip's: a row without picture or caption is passed over
    kLaclip,    ///< no header; a row counts when its path ends in .png, .jpg or .jpeg
    kCaptions,  ///< without pictures: every row keeps its place
    kLabels,    ///< pictures with a class; a row without one is passed over
  } rows = kPairs;
  char separator = ',';
  bool headed = true;
  int picture = -1, caption = -1, key = -1, label = -1;  ///< columns; -1: none
  std::vector<std::string> names;                        ///< of the header
  size_t columns = 0;                                    ///< of the header, or of the first row

  /// How its rows look, so that stray quotes are told from others.
  files::RowShape shape() const;
  /// What the log calls it.
  std::string name() const;
};

/// A far longer row than any caption makes: a quote was never closed.
constexpr size_t kLongestCsvRow = 1 << 20;

/// The table without its byte order mark. Throws Error(kInput) when it is empty or no text.
std::string_view csv_text(std::string_view file, const std::string& path,
                          const DataOptions& options);

/// `text` as csv_text gives it. Throws Error(kInput) for a column that is not there, Error(kUsage)
/// for a separator that is none.
CsvLayout csv_layout(std::string_view text, const std::string& path, SourceKind kind,
                     const DataOptions& options);

/// The names in a table's header, divided by the separator that `csv_layout` would take.
std::vector<std::string> csv_header(const std::string& path, const DataOptions& options);

/// Whether a .csv is LaCLIP's: the options name no column, no header names one that is wanted, and
/// its first column holds pictures, its second no numbers.
bool is_laclip_table(const std::string& path, const DataOptions& options);

}  // namespace clipwright::data::source
