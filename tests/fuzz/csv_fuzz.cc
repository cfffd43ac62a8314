// Tables in text, with commas and tabs: rows, layouts, pairs, labels, captions alone.
#include "data/files/csv.h"

#include "tests/fuzz/dataset.h"

namespace clipwright::fuzz {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(std::string_view text, char separator) {
  Rows rows;
  data::files::CsvReader reader(text, separator);
  uint64_t before = 0;
  for (std::vector<std::string_view> fields; reader.next(fields);) {
    require(reader.offset() > before && reader.offset() <= text.size(), "a row has bytes");
    before = reader.offset();
    std::vector<std::string>& row = rows.emplace_back();
    for (const std::string_view field : fields) row.push_back(data::files::csv_value(field));
  }
  return rows;
}

void check_written_again(const Rows& rows, char separator) {
  std::string text;
  Rows kept;
  for (const std::vector<std::string>& row : rows) {
    if (row.empty() || (row.size() == 1 && row[0].empty())) continue;  // reads as a blank line
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += separator;
      text += data::files::csv_field(row[i], separator);
    }
    text += '\n';
    kept.push_back(row);
  }
  require(rows_of(text, separator) == kept, "fields that are written read back");
}

void try_csv(std::string_view text) {
  for (const char separator : {',', '\t'}) check_written_again(rows_of(text, separator), separator);
  for (const char* name : {"input.csv", "input.tsv"}) {
    const std::string path = file_of(name, text);
    try_dataset({.source = path});
    try_dataset({.source = path, .type = "csv", .csv_separator = ","});
    try_dataset({.source = path, .type = "laclip-csv"});
    try_dataset({.source = path, .labels = true});
    try_dataset({.source = path, .pictures = false});
    try_dataset({.source = path, .pictures = false, .caption_column = "#2"});
  }
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_csv(clipwright::fuzz::text_of(data, size));
  return 0;
}
