#include "data/source/columns.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/error.h"
#include "core/log.h"
#include "core/whole_number.h"
#include "core/words.h"

namespace clipwright::data::source {
namespace {

constexpr int64_t kLargestLabel = std::numeric_limits<int>::max() - 1;  // and one class more

std::vector<std::string> usual_names(Column column, SourceKind kind, bool pictures, bool labels) {
  const bool parquet = kind == SourceKind::kParquet;
  switch (column) {
    case Column::kPictureBytes:
      return {"image.bytes", "image_bytes", "bytes", "jpg", "png", "jpg.bytes", "png.bytes"};
    case Column::kPicture:
      if (parquet) return {"image_path", "filepath", "file_name", "image", "path", "image.path"};
      return {"image", "image_path", "filepath", "file_name", "path"};
    case Column::kCaption:
      if (!pictures) return {"caption", "title", "text", "txt"};
      if (parquet) return {"caption", "text", "title", "TEXT", "txt"};
      return {"caption", "text", "title"};
    case Column::kKey:
      if (!pictures)
        return {"key",       "__key__", "filepath", "image_path", "image",
                "file_name", "path",    "uid",      "id",         "url"};
      if (parquet) return {"key", "__key__", "uid", "id", "url", "URL", "image.path"};
      return {"key"};
    case Column::kLabel:
      if (labels) return {"label", "class", "cls"};
      if (parquet) return {"label", "cls"};
      return {"label"};
  }
  return {};
}

/// Of a list whose fields are known.
std::vector<std::string> yfcc15m_names(Column column) {
  switch (column) {
    case Column::kPicture:
    case Column::kKey:
      return {"filename"};
    case Column::kCaption:
      return {"caption"};
    case Column::kLabel:
      return {"label"};
    case Column::kPictureBytes:
      break;
  }
  return {};
}

std::string named(Column column, const DataOptions& options) {
  if (column == Column::kPicture) return options.csv_image_key;
  if (column == Column::kLabel) return options.labels ? options.label_key : std::string();
  if (column == Column::kCaption)
    return options.pictures ? options.csv_caption_key : options.caption_column;
  return column == Column::kKey && !options.pictures ? options.key_column : std::string();
}

}  // namespace

std::vector<std::string> column_names(Column column, SourceKind kind, const DataOptions& options) {
  if (kind == SourceKind::kYfcc15m) return yfcc15m_names(column);
  const std::string name = named(column, options);
  const bool alone = !options.pictures || column == Column::kLabel;
  if (alone && !name.empty()) return {name};
  std::vector<std::string> names = usual_names(column, kind, options.pictures, options.labels);
  if (!name.empty()) names.insert(names.begin(), name);
  return names;
}

LabelValue label_value(std::string_view text) {
  const std::optional<int64_t> number = whole_number(text);
  if (number && *number >= 0 && *number <= kLargestLabel)
    return {.number = static_cast<int>(*number)};
  return {.words = std::string(text)};
}

void check_label(const LabelValue& value, const std::string& place) {
  if (!is_number(value.words)) return;
  const std::optional<int64_t> whole = whole_number(value.words);
  fail_input(place + ": has the label " + value.words.substr(0, 40),
             "a whole number from 0 to " + with_commas(kLargestLabel) + ", or the name of a class",
             whole && *whole < 0 ? "Leave the label of a picture without a class empty."
             : whole             ? ""
                                 : "Classes are counted, so no label is rounded.");
}

int find_column(const std::vector<std::string>& columns, const std::vector<std::string>& names,
                bool any_case) {
  for (const std::string& name : names) {
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const std::string& column) {
      return any_case ? ascii_lower(column) == name : column == name;
    });
    if (found != columns.end()) return static_cast<int>(found - columns.begin());
  }
  return -1;
}

CaptionColumns find_caption_columns(const std::vector<std::string>& columns, SourceKind kind,
                                    const std::string& path, const DataOptions& options,
                                    std::string_view advice) {
  const auto place = [&](Column column, const std::string& wanted) {
    return find_column(columns, column_names(column, kind, options), wanted.empty());
  };
  const CaptionColumns found = {place(Column::kCaption, options.caption_column),
                                place(Column::kKey, options.key_column)};
  if (found.caption < 0)
    lacks_column(path, columns, options.caption_column, "captions", "--caption-column", advice);
  if (found.key < 0 && !options.key_column.empty())
    lacks_column(path, columns, options.key_column, "keys", "--key-column");
  return found;
}

void lacks_column(const std::string& path, const std::vector<std::string>& columns,
                  const std::string& wanted, std::string_view what, std::string_view flag,
                  std::string_view advice) {
  constexpr size_t kShown = 20;
  std::string have;
  for (size_t i = 0; i < columns.size() && i < kShown; ++i)
    have += (i > 0 ? ", '" : "'") + columns[i].substr(0, 60) + "'";
  const std::string near = nearest(wanted, columns);
  fail_input(path + ": has no column " +
                 (wanted.empty() ? "of " + std::string(what) : "'" + wanted + "'") + " among " +
                 have,
             wanted.empty() ? "one of caption, title, text, txt" : "the name of a column",
             (near.empty() ? "Name it with " : "Did you mean '" + near + "'? Name it with ") +
                 std::string(flag) + "." + std::string(advice));
}

void lacks_label(const std::string& path, const std::vector<std::string>& columns,
                 const DataOptions& options) {
  const std::string near = nearest(options.label_key, columns);
  fail_input(path + ": has no column " +
                 (options.label_key.empty() ? "of labels" : "'" + options.label_key + "'") +
                 " among " + listed(columns),
             options.label_key.empty() ? "label, class or cls" : "the name of a column",
             (near.empty() ? "Name it with --label-key."
                           : "Did you mean '" + near + "'? Name it with --label-key."));
}

}  // namespace clipwright::data::source
