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

/// In a column of its own.
std::vector<std::string> picture_names() {
  return {"filepath", "image", "image_path", "file_name", "filename", "image_name", "path"};
}
constexpr const char* kPictureInside = "image.path";  // beside its bytes in Parquet

std::vector<std::string> usual_names(Column column, SourceKind kind, bool labels) {
  switch (column) {
    case Column::kPictureBytes:
      return {"image.bytes", "image_bytes", "bytes", "jpg", "png", "jpg.bytes", "png.bytes"};
    case Column::kPicture: {
      std::vector<std::string> names = picture_names();
      names.emplace_back(kPictureInside);
      return names;
    }
    case Column::kCaption:
      // A list of JSON's is read beside the field (jsonl_dataset.cc).
      if (kind == SourceKind::kParquet)
        return {"title", "caption", "text", "txt", "comment", "captions"};
      return {"title", "caption", "text", "txt", "comment"};
    case Column::kKey:
      return {"uid", "id", "url"};
    case Column::kLabel:
      if (labels) return {"label", "class", "cls"};
      if (kind == SourceKind::kParquet) return {"label", "cls"};
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

}  // namespace

std::string named_column(Column column, const DataOptions& options) {
  const auto unless = [](const std::string& name, std::string_view usual) {
    return name == usual ? std::string() : name;
  };
  if (column == Column::kPicture) return unless(options.csv_image_key, "filepath");
  if (column == Column::kLabel) return options.labels ? options.label_key : std::string();
  if (column == Column::kCaption)
    return options.pictures ? unless(options.csv_caption_key, "title") : options.caption_column;
  return column == Column::kKey && !options.pictures ? options.key_column : std::string();
}

std::vector<std::string> column_names(Column column, SourceKind kind, const DataOptions& options) {
  if (kind == SourceKind::kYfcc15m) return yfcc15m_names(column);
  const std::string name = named_column(column, options);
  const bool alone = !options.pictures || column == Column::kLabel;
  if (alone && !name.empty()) return {name};
  std::vector<std::string> names = usual_names(column, kind, options.labels);
  if (!name.empty()) names.insert(names.begin(), name);
  if (column != Column::kKey) return names;
  // A pair is named by its picture, with pictures and without, unless it has a key; where the
  // picture lies inside the table, its name there comes last.
  std::vector<std::string> keys = {"key", "__key__"};
  if (const std::string picture = named_column(Column::kPicture, options);
      options.pictures && !picture.empty())
    keys.push_back(picture);
  const std::vector<std::string> pictures = picture_names();
  keys.insert(keys.end(), pictures.begin(), pictures.end());
  keys.insert(keys.end(), names.begin(), names.end());
  keys.emplace_back(kPictureInside);
  return keys;
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

int find_column(const std::vector<std::string>& columns, Column column, SourceKind kind,
                const DataOptions& options) {
  const std::vector<std::string> names = column_names(column, kind, options);
  const std::string wanted = named_column(column, options);
  const int found = wanted.empty() ? -1 : find_column(columns, {wanted});
  return found >= 0 || names == std::vector<std::string>{wanted}
             ? found
             : find_column(columns, names, true);
}

CaptionColumns find_caption_columns(const std::vector<std::string>& columns, SourceKind kind,
                                    const std::string& path, const DataOptions& options,
                                    std::string_view advice) {
  const CaptionColumns found = {find_column(columns, Column::kCaption, kind, options),
                                find_column(columns, Column::kKey, kind, options)};
  if (found.caption < 0) lacks_column(path, columns, Column::kCaption, kind, options, advice);
  if (found.key < 0 && !options.key_column.empty())
    lacks_column(path, columns, Column::kKey, kind, options);
  return found;
}

void lacks_column(const std::string& path, const std::vector<std::string>& columns, Column column,
                  SourceKind kind, const DataOptions& options, std::string_view advice) {
  constexpr size_t kShown = 20;
  std::string have;
  for (size_t i = 0; i < columns.size() && i < kShown; ++i)
    have += (i > 0 ? ", '" : "'") + columns[i].substr(0, 60) + "'";
  const std::string wanted = named_column(column, options);
  const std::vector<std::string> names =
      wanted.empty() ? column_names(column, kind, options) : std::vector<std::string>{wanted};
  std::string near;
  for (const std::string& name : names) {
    if (near.empty()) near = nearest(name, columns);
  }
  const bool captions = column == Column::kCaption;
  const std::string flag = column == Column::kPicture ? "--csv-img-key"
                           : column == Column::kKey   ? "--key-column"
                           : options.pictures         ? "--csv-caption-key"
                                                      : "--caption-column";
  const std::string what = captions ? "captions" : column == Column::kKey ? "keys" : "pictures";
  fail_input(path + ": has no column " + (wanted.empty() ? "of " + what : "'" + wanted + "'") +
                 " among " + have,
             wanted.empty() ? "one of " + listed(names) : "the name of a column",
             (near.empty() ? "Name it with " : "Did you mean '" + near + "'? Name it with ") +
                 flag + "." + std::string(advice));
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
