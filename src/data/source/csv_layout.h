// How a table in text is laid out: its separator, its header, and which column holds what. Decided
// once, for tables of pictures and tables of captions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

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
  size_t columns = 0;                                    ///< of the header

  /// What the log calls it.
  std::string name() const;
};

/// A far longer row than any caption makes: a quote was never closed.
constexpr size_t kLongestCsvRow = 1 << 20;

/// The table without its byte order mark. Throws Error(kInput) when it is empty, UTF-16 or binary.
std::string_view csv_text(std::string_view file, const std::string& path,
                          const DataOptions& options);

/// `text` as csv_text gives it. Throws Error(kInput) for a column that is not there, Error(kUsage)
/// for a separator that is none.
CsvLayout csv_layout(std::string_view text, const std::string& path, SourceKind kind,
                     const DataOptions& options);

/// Whether a .csv has a header that names the column of pictures; LaCLIP's has none.
bool has_named_pictures(const std::string& path, const DataOptions& options);

}  // namespace clipwright::data::source
