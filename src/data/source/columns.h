// Which column of a table, or field of a JSON object, holds what: one list for every kind of table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/source/dataset.h"
#include "data/source/source_kind.h"

namespace clipwright::data::source {

enum class Column { kPictureBytes, kPicture, kCaption, kKey, kLabel };

/// The name that the options give a column; empty for what they leave open. The names that
/// open_clip's flags have by default (filepath, title) are usual ones, and the first of them.
std::string named_column(Column column, const DataOptions& options);

/// The names a column may have, best first: the one that the options give, then the usual ones,
/// which are the same for every kind of table and whether pictures are read or not. Without
/// pictures a caption or key column that was named is the only one.
std::vector<std::string> column_names(Column column, SourceKind kind, const DataOptions& options);

/// A label as a column has it: a whole number from 0 or words.
struct LabelValue {
  int number = -1;
  std::string words;  ///< empty for a label that is a number

  bool empty() const { return number < 0 && words.empty(); }
};
/// The one reading of labels in tables, whatever they are stored in. "7.0", as tables with gaps
/// write a whole number, is 7; a number that is no label, such as "2.5" and "-1", is kept as words.
LabelValue label_value(std::string_view text);
/// Throws Error(kInput), beginning with `place`, for a number that is no label: a fraction, one
/// below 0 or beyond an int.
void check_label(const LabelValue& value, const std::string& place);

/// The place in `columns` of the first of `names` that is there, -1 when none is. `any_case`: as
/// "Caption" is `caption`, for names that nobody gave.
int find_column(const std::vector<std::string>& columns, const std::vector<std::string>& names,
                bool any_case = false);

/// The place of the column that the options name or, where that is not there and others may stand
/// for it, of the first usual one, in any case; -1 when there is none.
int find_column(const std::vector<std::string>& columns, Column column, SourceKind kind,
                const DataOptions& options);

/// The columns of captions and keys in a table without pictures. Throws Error(kInput) naming those
/// there are when there is no column of captions or not the named one; the key may be -1.
struct CaptionColumns {
  int caption = -1, key = -1;
};
CaptionColumns find_caption_columns(const std::vector<std::string>& columns, SourceKind kind,
                                    const std::string& path, const DataOptions& options,
                                    std::string_view advice = {});

/// Throws Error(kInput): there is no column of labels in `columns`.
[[noreturn]] void lacks_label(const std::string& path, const std::vector<std::string>& columns,
                              const DataOptions& options);

/// Throws Error(kInput) naming the columns there are, the nearest among them and the flag to use:
/// there is no column of pictures, captions or keys, or not the one that the options name.
[[noreturn]] void lacks_column(const std::string& path, const std::vector<std::string>& columns,
                               Column column, SourceKind kind, const DataOptions& options,
                               std::string_view advice = {});

}  // namespace clipwright::data::source
