#include <algorithm>
#include <filesystem>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/loose_json.h"
#include "data/files/file_names.h"
#include "data/files/json_fields.h"
#include "data/files/walk.h"
#include "data/source/columns.h"
#include "data/source/csv_layout.h"
#include "data/source/sources.h"
#include "records/lines.h"
#include "records/parquet_rows.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

namespace fs = std::filesystem;

bool is_metadata_name(std::string_view name) {
  for (const char* known :
       {"metadata.csv", "metadata.tsv", "metadata.jsonl", "metadata.ndjson", "metadata.parquet"}) {
    if (name == known) return true;
  }
  return false;
}

std::string_view without_ending(std::string_view name) { return name.substr(0, name.rfind('.')); }

/// The columns of a table, or the fields of its first line of JSON.
std::vector<std::string> columns_of(const std::string& path, SourceKind kind,
                                    const DataOptions& options) {
  if (kind == SourceKind::kParquet) return records::ParquetRows(path).columns();
  if (kind != SourceKind::kJsonl) return csv_header(path, options);
  std::vector<std::string> names;
  records::LineReader reader(path);
  for (std::string_view line; reader.next(line);) {
    const Json object = parse_loosely(text::unicode::trimmed(line));
    if (!object.is_object()) continue;
    for (const auto& [name, unused] : object.items()) names.push_back(name);
    break;
  }
  return names;
}

bool has_what_is_wanted(const std::string& path, SourceKind kind, const DataOptions& options) {
  const std::vector<std::string> columns = columns_of(path, kind, options);
  if (options.labels) return find_column(columns, Column::kLabel, kind, options) >= 0;
  return find_column(columns, Column::kCaption, kind, options) >= 0 ||
         find_column(columns, {"captions", "sentences"}) >= 0;
}

/// Whether one of the pictures has a .txt of its name beside it.
bool has_texts(const std::vector<std::string>& pictures, const std::vector<std::string>& texts) {
  std::unordered_set<std::string_view> stems;
  for (const std::string& text : texts) stems.insert(without_ending(text));
  return !stems.empty() &&
         std::any_of(pictures.begin(), pictures.end(), [&](const std::string& picture) {
           return stems.contains(without_ending(picture));
         });
}

void say_what_has_no_row(const std::string& folder, const std::vector<std::string>& pictures,
                         const Dataset& rows) {
  std::unordered_set<std::string> named;
  for (int64_t i = 0; i < rows.size(); ++i)
    named.insert(fs::path(rows.key(i)).lexically_normal().string());
  const std::string* first = nullptr;
  int64_t without = 0;
  for (const std::string& picture : pictures) {
    if (named.contains(picture)) continue;
    if (++without == 1) first = &picture;
  }
  // Keys of a column of their own are no paths and tell nothing of pictures.
  if (without > 0 && without < static_cast<int64_t>(pictures.size())) {
    log_warning(folder + ": " + with_commas(without) + " of " +
                with_commas(static_cast<int64_t>(pictures.size())) +
                " pictures have no row in its metadata, the first " + *first);
  }
}

}  // namespace

FolderFiles list_folder(const std::string& path) {
  FolderFiles found;
  const auto list_of = [&](std::string_view name) -> std::vector<std::string>* {
    if (files::is_image_name(name)) return &found.pictures;
    if (files::lower_extension(name) == "txt") return &found.texts;
    return is_metadata_name(name) ? &found.tables : nullptr;
  };
  for (std::string& file :
       files::files_below(path, [&](std::string_view name) { return list_of(name) != nullptr; })) {
    const std::string_view name = std::string_view(file).substr(file.rfind('/') + 1);
    list_of(name)->push_back(std::move(file));
  }
  return found;
}

std::unique_ptr<Dataset> open_metadata_folder(const std::string& path, const FolderFiles& found,
                                              const DataOptions& options) {
  std::vector<std::string> tables = found.tables;
  if (tables.empty()) return nullptr;
  DataOptions of_tables = options;
  of_tables.type = "auto";
  const auto place = [&](const std::string& table) { return (fs::path(path) / table).string(); };
  std::erase_if(tables, [&](const std::string& table) {
    const std::string file = place(table);
    return !has_what_is_wanted(file, kind_of(file, of_tables), of_tables);
  });
  if (tables.empty()) return nullptr;
  if (!options.labels && has_texts(found.pictures, found.texts)) {
    log_warning(path + ": its captions are the .txt files beside the pictures; " + tables[0] +
                " is not read. To read it name that file.");
    return nullptr;
  }
  for (size_t i = 1; i < tables.size(); ++i) {
    if (fs::path(tables[i - 1]).parent_path() != fs::path(tables[i]).parent_path()) continue;
    fail_input(path + ": holds " + tables[i - 1] + " and " + tables[i], "one table of a folder",
               "Name the one to read.");
  }
  std::vector<std::unique_ptr<Dataset>> parts;
  for (const std::string& table : tables) {
    const fs::path folder = fs::path(table).parent_path();
    of_tables.source = place(table);
    if (options.image_root.empty()) of_tables.image_root = (fs::path(path) / folder).string();
    parts.push_back(below(open_dataset(of_tables), folder.string()));
  }
  std::unique_ptr<Dataset> rows = concatenate(std::move(parts));
  if (options.pictures) say_what_has_no_row(path, found.pictures, *rows);
  return rows;
}

}  // namespace clipwright::data::source
