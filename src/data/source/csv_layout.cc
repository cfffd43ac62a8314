#include "data/source/csv_layout.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/file.h"
#include "core/whole_number.h"
#include "data/files/csv.h"
#include "data/files/file_names.h"
#include "data/source/columns.h"
#include "text/text_file.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

constexpr SourceKind kKind = SourceKind::kCsv;
constexpr std::string_view kNoHeader =
    " Without a header say by number which columns they are, e.g. ";

/// The fields of the first row that is not blank, without the blanks around them: Flickr's tables
/// have "image_name| comment_number| comment".
std::vector<std::string> header(std::string_view text, char separator) {
  files::CsvReader reader(text.substr(0, kLongestCsvRow), separator);
  std::vector<std::string_view> fields;
  while (reader.next(fields) && fields.empty()) {
  }
  const bool by_line = reader.stray();
  if (by_line) reader.again_by_line(fields);
  std::vector<std::string> names;
  for (const std::string_view field : fields) {
    const std::string name = by_line ? files::line_value(field) : files::csv_value(field);
    names.emplace_back(text::unicode::trimmed(name));
  }
  return names;
}

/// The separators that the table may have, the likeliest first.
std::vector<char> separators_of(const std::string& path, const DataOptions& options) {
  const std::string& given = options.csv_separator;
  const bool tab = given == "\\t" || given == "tab" || given == "\t";
  if (files::lower_extension(path) == "tsv") return {'\t'};
  if (!tab && (given.size() != 1 || given == "\"" || given == "\n" || given == "\r"))
    fail_usage("--csv-separator is '" + given + "'", "one character, such as , or ; or \\t");
  if (!tab) return {given[0]};
  // A tab is open_clip's default, and nobody's wish.
  if (options.type != "auto") return {'\t'};
  return {',', '\t', ';', '|'};
}

/// "#3" is column 2 of a table without a header; -1 for another name.
int numbered_column(const std::string& name) {
  int number = 0;
  if (name.size() < 2 || name[0] != '#') return -1;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() && number > 0 ? number - 1 : -1;
}

/// Columns that a table must have for what the options want of it.
std::vector<Column> wanted_columns(const DataOptions& options) {
  if (!options.pictures) return {Column::kCaption};
  return {Column::kPicture, options.labels ? Column::kLabel : Column::kCaption};
}

bool are_numbered(const DataOptions& options) {
  const std::vector<Column> wanted = wanted_columns(options);
  return std::any_of(wanted.begin(), wanted.end(), [&](Column column) {
    return numbered_column(named_column(column, options)) >= 0;
  });
}

/// Where a column that the table must have stands in its header; -1: nowhere. A name that was given
/// has no stand-in.
int place_of(Column column, const std::vector<std::string>& names, const DataOptions& options) {
  const std::string wanted = named_column(column, options);
  return wanted.empty() ? find_column(names, column, kKind, options)
                        : find_column(names, {std::string(text::unicode::trimmed(wanted))});
}

int64_t found_columns(const std::vector<std::string>& names, const DataOptions& options) {
  const std::vector<Column> wanted = wanted_columns(options);
  return std::count_if(wanted.begin(), wanted.end(),
                       [&](Column column) { return place_of(column, names, options) >= 0; });
}

/// The separator that finds most of the wanted columns in the header; of those that find as many,
/// the one that gives most columns where none finds all.
char best_separator(std::string_view text, const std::string& path, const DataOptions& options) {
  const std::vector<char> separators = separators_of(path, options);
  const auto wanted = static_cast<int64_t>(wanted_columns(options).size());
  const auto score = [&](char separator) {
    const std::vector<std::string> names = header(text, separator);
    const int64_t found = found_columns(names, options);
    return std::pair(found, found == wanted ? size_t{0} : names.size());
  };
  return *std::max_element(separators.begin(), separators.end(),
                           [&](char a, char b) { return score(a) < score(b); });
}

/// Of a table without a header, whose columns are numbers.
CsvLayout numbered_layout(std::string_view text, const std::string& path,
                          const DataOptions& options) {
  CsvLayout layout{.rows = options.labels     ? CsvLayout::kLabels
                           : options.pictures ? CsvLayout::kPairs
                                              : CsvLayout::kCaptions};
  layout.separator = best_separator(text, path, options);
  layout.headed = false;
  const std::vector<std::string> first = header(text, layout.separator);
  layout.columns = first.size();
  const auto place = [&](Column column, const char* flag) {
    const std::string name = named_column(column, options);
    const int number = numbered_column(name);
    if (number < 0) {
      fail_usage(std::string(flag) + (name.empty() ? " is not given" : " '" + name + "'") +
                     " beside a numbered column",
                 "a number such as #1", "Columns have numbers where a table has no header.");
    }
    if (number >= static_cast<int>(first.size())) lacks_column(path, first, column, kKind, options);
    return number;
  };
  if (!options.labels)
    layout.caption =
        place(Column::kCaption, options.pictures ? "--csv-caption-key" : "--caption-column");
  if (options.labels) layout.label = place(Column::kLabel, "--label-key");
  if (options.pictures) layout.key = layout.picture = place(Column::kPicture, "--csv-img-key");
  if (!options.key_column.empty()) layout.key = place(Column::kKey, "--key-column");
  return layout;
}

CsvLayout pairs_layout(std::string_view text, const std::string& path, const DataOptions& options) {
  CsvLayout layout;
  layout.separator = best_separator(text, path, options);
  const std::vector<std::string>& names = layout.names = header(text, layout.separator);
  layout.columns = names.size();
  layout.picture = place_of(Column::kPicture, names, options);
  layout.caption = place_of(Column::kCaption, names, options);
  layout.key = find_column(names, Column::kKey, kKind, options);
  std::string advice = names.size() == 1 ? " The separator may be wrong (--csv-separator)." : "";
  advice += std::string(kNoHeader) + "--csv-img-key '#1' --csv-caption-key '#2'.";
  if (options.labels) {
    layout.rows = CsvLayout::kLabels;
    layout.label = place_of(Column::kLabel, names, options);
    if (layout.label < 0) lacks_label(path, names, options);
  } else if (layout.picture >= 0 && layout.caption < 0) {
    lacks_column(path, names, Column::kCaption, kKind, options, advice);
  }
  if (layout.picture < 0) lacks_column(path, names, Column::kPicture, kKind, options, advice);
  return layout;
}

CsvLayout captions_layout(std::string_view text, const std::string& path,
                          const DataOptions& options) {
  CsvLayout layout{.rows = CsvLayout::kCaptions};
  layout.separator = best_separator(text, path, options);
  const std::vector<std::string>& names = layout.names = header(text, layout.separator);
  const CaptionColumns found = find_caption_columns(
      names, kKind, path, options, std::string(kNoHeader) + "--caption-column '#2'.");
  layout.columns = names.size();
  layout.caption = found.caption;
  layout.key = found.key;
  return layout;
}

bool is_laclip_path(std::string_view path) {
  return path.ends_with(".png") || path.ends_with(".jpg") || path.ends_with(".jpeg");
}

/// Whether a table of unknown columns is LaCLIP's, picture and caption first: its first rows say
/// so, or all but a header of two columns. One whose second column holds numbers has its captions
/// elsewhere.
bool has_laclip_rows(std::string_view text) {
  constexpr int kLooked = 100;
  files::CsvReader reader(text.substr(0, kLongestCsvRow), ',');
  std::vector<std::string_view> fields;
  int pairs = 0, numbers = 0;
  for (int row = 0; row < kLooked && reader.next(fields); ++row) {
    if (fields.empty()) continue;
    if (!is_laclip_path(files::csv_value(fields[0]))) {
      if (pairs == 0 && row == 0 && fields.size() > 2) return false;
      continue;
    }
    ++pairs;
    numbers += fields.size() > 1 && is_number(text::unicode::trimmed(files::csv_value(fields[1])));
  }
  return pairs > 0 && 2 * numbers <= pairs;
}

}  // namespace

std::string CsvLayout::name() const {
  if (rows == kLaclip) return "LaCLIP CSV";
  return separator == '\t' ? "TSV" : "CSV";
}

std::string_view csv_text(std::string_view file, const std::string& path,
                          const DataOptions& options) {
  if (file.empty())
    fail_input(path + ": is empty",
               options.pictures ? "a table of pictures and captions" : "a table of captions");
  const size_t start = text::text_start(file, path);
  if (options.pictures && file.substr(0, 4096).find('\0') != std::string_view::npos)
    fail_input(path + ": is binary", "a text table in UTF-8");
  return file.substr(start);
}

CsvLayout csv_layout(std::string_view text, const std::string& path, SourceKind kind,
                     const DataOptions& options) {
  if (kind == SourceKind::kLaclipCsv)
    return {.rows = CsvLayout::kLaclip, .headed = false, .picture = 0, .caption = 1, .key = 0};
  if (are_numbered(options)) return numbered_layout(text, path, options);
  return options.pictures ? pairs_layout(text, path, options)
                          : captions_layout(text, path, options);
}

files::RowShape CsvLayout::shape() const {
  return {separator, columns, picture >= 0 ? picture : key, caption};
}

std::vector<std::string> csv_header(const std::string& path, const DataOptions& options) {
  const MappedFile file{std::filesystem::path(path)};
  std::string_view text = file.text().substr(0, kLongestCsvRow);
  text.remove_prefix(text::text_start(file.text(), path));
  return header(text, best_separator(text, path, options));
}

bool is_laclip_table(const std::string& path, const DataOptions& options) {
  for (const Column column : {Column::kPicture, Column::kCaption, Column::kLabel}) {
    if (!named_column(column, options).empty()) return false;
  }
  if (options.labels || !options.key_column.empty()) return false;
  const MappedFile file{std::filesystem::path(path)};
  std::string_view text = file.text().substr(0, kLongestCsvRow);
  text.remove_prefix(text::text_start(file.text(), path));
  for (const char separator : separators_of(path, options)) {
    // Without pictures a header may do without them.
    const std::vector<std::string> names = header(text, separator);
    if (place_of(options.pictures ? Column::kPicture : Column::kCaption, names, options) >= 0)
      return false;
  }
  return has_laclip_rows(text);
}

}  // namespace clipwright::data::source
