#include "data/source/csv_layout.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/file.h"
#include "data/files/csv.h"
#include "data/source/columns.h"
#include "data/source/image_file.h"
#include "records/lines.h"

namespace clipwright::data::source {
namespace {

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

/// The fields of the first row that is not blank.
std::vector<std::string> header(std::string_view text, char separator) {
  files::CsvReader reader(text.substr(0, kLongestCsvRow), separator);
  std::vector<std::string_view> fields;
  while (reader.next(fields) && fields.empty()) {
  }
  std::vector<std::string> names;
  for (const std::string_view field : fields) names.push_back(files::csv_value(field));
  return names;
}

char given_separator(const std::string& path, const DataOptions& options) {
  const std::string& given = options.csv_separator;
  if (given == "\\t" || given == "tab" || given == "\t" || lower_extension(path) == "tsv")
    return '\t';
  if (given.size() != 1 || given == "\"" || given == "\n" || given == "\r") {
    fail_usage("--csv-separator is '" + given + "'", "one character, such as , or ; or \\t");
  }
  return given[0];
}

bool names_pictures(std::string_view text, char separator, const DataOptions& options) {
  const std::vector<std::string> names =
      options.labels ? column_names(Column::kPicture, SourceKind::kCsv, options)
                     : std::vector<std::string>{options.csv_image_key};
  return find_column(header(text, separator), names) >= 0;
}

int pair_column(const std::vector<std::string>& names, const std::string& wanted,
                const std::string& flag, const std::string& path) {
  if (const int found = find_column(names, {wanted}); found >= 0) return found;
  std::string have;
  for (size_t i = 0; i < names.size() && i < 20; ++i)
    have += (i == 0 ? "" : ", ") + in_quotes(names[i]);
  const std::string near = nearest(wanted, names);
  std::string advice = near.empty()
                           ? "Name the column with " + flag
                           : "Did you mean " + in_quotes(near) + "? Name the column with " + flag;
  if (names.size() == 1) advice += "; the separator may be wrong (--csv-separator)";
  fail_input(path + ": has no column " + in_quotes(wanted) + " among " + have,
             "a header with that column", advice + ".");
}

CsvLayout pairs_layout(std::string_view text, const std::string& path, const DataOptions& options) {
  CsvLayout layout;
  layout.separator = given_separator(path, options);
  // A .csv without one tab in its header is separated by commas, whatever open_clip's default says.
  if (options.type == "auto" && !names_pictures(text, layout.separator, options) &&
      names_pictures(text, ',', options))
    layout.separator = ',';
  const std::vector<std::string> names = header(text, layout.separator);
  layout.columns = names.size();
  if (options.labels) {
    const auto place = [&](Column column) {
      return find_column(names, column_names(column, SourceKind::kCsv, options));
    };
    layout.rows = CsvLayout::kLabels;
    layout.label = place(Column::kLabel);
    layout.caption = place(Column::kCaption);
    layout.picture = layout.key = place(Column::kPicture);
    if (layout.label < 0) lacks_label(path, names, options);
    if (layout.picture < 0) pair_column(names, options.csv_image_key, "--csv-img-key", path);
    return layout;
  }
  layout.picture = pair_column(names, options.csv_image_key, "--csv-img-key", path);
  layout.caption = pair_column(names, options.csv_caption_key, "--csv-caption-key", path);
  layout.key = layout.picture;
  return layout;
}

/// "#3" is column 2 of a table without a header.
int numbered_column(const std::string& name) {
  int number = 0;
  if (name.size() < 2 || name[0] != '#') return -1;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() && number > 0 ? number - 1 : -1;
}

CsvLayout captions_layout(std::string_view text, const std::string& path,
                          const DataOptions& options) {
  CsvLayout layout{.rows = CsvLayout::kCaptions};
  std::vector<char> separators = {',', '\t', ';'};
  if (lower_extension(path) == "tsv") separators = {'\t'};
  const char widest = *std::max_element(separators.begin(), separators.end(), [&](char a, char b) {
    return header(text, a).size() < header(text, b).size();
  });
  layout.caption = numbered_column(options.caption_column);
  if (layout.caption >= 0) {
    layout.separator = widest;
    layout.headed = false;
    layout.key = numbered_column(options.key_column);
    if (!options.key_column.empty() && layout.key < 0) {
      fail_usage("--key-column '" + options.key_column + "' beside a numbered caption column",
                 "a number such as #1");
    }
    const std::vector<std::string> names = header(text, widest);
    if (layout.caption >= static_cast<int>(names.size()))
      lacks_column(path, names, options.caption_column, "captions", "--caption-column");
    return layout;
  }
  // The separator that gives the header a column of captions.
  const auto fits = std::find_if(separators.begin(), separators.end(), [&](char separator) {
    return find_column(header(text, separator),
                       column_names(Column::kCaption, SourceKind::kCsv, options),
                       options.caption_column.empty()) >= 0;
  });
  layout.separator = fits == separators.end() ? widest : *fits;
  const CaptionColumns found =
      find_caption_columns(header(text, layout.separator), SourceKind::kCsv, path, options,
                           " Without a header say which column it is, e.g. --caption-column '#2'.");
  layout.caption = found.caption;
  layout.key = found.key;
  return layout;
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
  if (file.starts_with("\xFF\xFE") || file.starts_with("\xFE\xFF")) {
    fail_input(path + ": is UTF-16", "UTF-8", "Convert it, e.g. with iconv -f UTF-16 -t UTF-8.");
  }
  if (options.pictures && file.substr(0, 4096).find('\0') != std::string_view::npos)
    fail_input(path + ": is binary", "a text table in UTF-8");
  return file.substr(records::first_line(file));
}

CsvLayout csv_layout(std::string_view text, const std::string& path, SourceKind kind,
                     const DataOptions& options) {
  if (!options.pictures) return captions_layout(text, path, options);
  if (kind == SourceKind::kLaclipCsv) {
    return {.rows = CsvLayout::kLaclip, .headed = false, .picture = 0, .caption = 1, .key = 0};
  }
  return pairs_layout(text, path, options);
}

bool has_named_pictures(const std::string& path, const DataOptions& options) {
  const MappedFile file{std::filesystem::path(path)};
  std::string_view text = file.text().substr(0, kLongestCsvRow);
  text.remove_prefix(records::first_line(text));
  return names_pictures(text, given_separator(path, options), options) ||
         names_pictures(text, ',', options);
}

}  // namespace clipwright::data::source
