#include "data/source/caption_tables.h"

#include <algorithm>

#include "core/error.h"
#include "data/source/image_file.h"

namespace clipwright::data::source {
namespace {

std::string lower(std::string text) {
  for (char& letter : text) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
  }
  return text;
}

}  // namespace

bool is_caption_table(const std::string& path) {
  const std::string extension = lower_extension(path);
  return extension == "csv" || extension == "tsv" || extension == "jsonl" ||
         extension == "ndjson" || extension == "parquet";
}

std::unique_ptr<Dataset> open_caption_table(const CaptionTableOptions& options) {
  const std::string extension = lower_extension(options.path);
  if (extension == "csv" || extension == "tsv") return open_caption_csv(options);
  if (extension == "jsonl" || extension == "ndjson") return open_caption_jsonl(options);
  if (extension == "parquet") return open_caption_parquet(options);
  fail_input(options.path + ": is no table of captions", "a .csv, .tsv, .jsonl or .parquet");
}

const std::vector<std::string>& CaptionTableFile::caption_names() {
  static const std::vector<std::string> names = {"caption", "title", "text", "txt"};
  return names;
}

const std::vector<std::string>& CaptionTableFile::key_names() {
  static const std::vector<std::string> names = {
      "key", "__key__", "filepath", "image_path", "image", "file_name", "path", "uid", "id", "url"};
  return names;
}

int CaptionTableFile::find_column(const std::vector<std::string>& columns,
                                  const std::string& wanted,
                                  const std::vector<std::string>& usual) {
  const auto place = [&](auto matches) {
    const auto found = std::find_if(columns.begin(), columns.end(), matches);
    return found == columns.end() ? -1 : static_cast<int>(found - columns.begin());
  };
  if (!wanted.empty()) return place([&](const std::string& name) { return name == wanted; });
  for (const std::string& name : usual) {
    const int found = place([&](const std::string& column) { return lower(column) == name; });
    if (found >= 0) return found;
  }
  return -1;
}

void CaptionTableFile::lacks_column(const std::string& path,
                                    const std::vector<std::string>& columns,
                                    const std::string& wanted, std::string_view what,
                                    std::string_view flag, std::string_view advice) {
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

}  // namespace clipwright::data::source
