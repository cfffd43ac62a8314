#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "data/source/caption_tables.h"
#include "data/files/csv.h"
#include "data/source/image_file.h"
#include "core/mapped_files.h"
#include "data/source/skipped.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr uint64_t kLongestRow = 1 << 20;  // a larger one means a quote that is never closed
constexpr uint64_t kScanStride = 64 << 20;
constexpr double kMostBadRows = 0.05;

/// "#3" is column 2 of a table without a header.
int numbered_column(const std::string& name) {
  int number = 0;
  if (name.size() < 2 || name[0] != '#') return -1;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() && number > 0 ? number - 1 : -1;
}

class CaptionCsv final : public CaptionTableFile {
 public:
  explicit CaptionCsv(const CaptionTableOptions& options) : path_(options.path) {
    files_.add(path_);
    std::string_view text = files_[0].text();
    if (text.empty()) fail_input(path_ + ": is empty", "a table of captions");
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
      fail_input(path_ + ": is UTF-16", "UTF-8", "Convert it, e.g. with iconv -f UTF-16 -t UTF-8.");
    base_ = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    choose_columns(options);
    scan();
  }

  int64_t size() const override { return static_cast<int64_t>(offsets_.size()); }
  std::string key(int64_t index) const override {
    std::string key = key_column_ < 0 ? std::string() : field(index, key_column_);
    return key.empty() ? std::to_string(index) : key;
  }
  std::string caption(int64_t index) const override {
    return std::string(text::unicode::trimmed(field(index, caption_column_)));
  }
  std::string describe() const override {
    std::string text =
        (separator_ == '\t' ? "TSV " : "CSV ") + path_ + ": " + with_commas(size()) + " captions";
    if (skipped_.skipped() > 0) text += ", " + skipped_.describe();
    return text;
  }

 private:
  std::vector<std::string> header(char separator) const {
    files::CsvReader reader(files_[0].text().substr(base_, kLongestRow), separator);
    std::vector<std::string_view> fields;
    while (reader.next(fields) && fields.empty()) {
    }
    std::vector<std::string> names;
    for (const std::string_view field : fields) names.push_back(files::csv_value(field));
    return names;
  }

  void choose_columns(const CaptionTableOptions& options) {
    std::vector<char> separators = {',', '\t', ';'};
    if (lower_extension(path_) == "tsv") separators = {'\t'};
    caption_column_ = numbered_column(options.caption_column);
    if (caption_column_ >= 0) {
      // The separator that gives the first row most columns.
      separator_ = *std::max_element(separators.begin(), separators.end(), [&](char a, char b) {
        return header(a).size() < header(b).size();
      });
      key_column_ = numbered_column(options.key_column);
      if (!options.key_column.empty() && key_column_ < 0) {
        fail_usage("--key-column '" + options.key_column + "' beside a numbered caption column",
                   "a number such as #1");
      }
      if (caption_column_ >= static_cast<int>(header(separator_).size()))
        lacks_column(path_, header(separator_), options.caption_column, "captions",
                     "--caption-column");
      return;
    }
    headed_ = true;
    for (const char separator : separators) {
      const std::vector<std::string> names = header(separator);
      caption_column_ = find_column(names, options.caption_column, caption_names());
      if (caption_column_ < 0) continue;
      separator_ = separator;
      key_column_ = find_column(names, options.key_column, key_names());
      if (key_column_ < 0 && !options.key_column.empty())
        lacks_column(path_, names, options.key_column, "keys", "--key-column");
      return;
    }
    const auto widest =
        *std::max_element(separators.begin(), separators.end(),
                          [&](char a, char b) { return header(a).size() < header(b).size(); });
    lacks_column(path_, header(widest), options.caption_column, "captions", "--caption-column",
                 " Without a header say which column it is, e.g. --caption-column '#2'.");
  }

  void scan() {
    files::CsvReader reader(files_[0].text().substr(base_), separator_);
    std::vector<std::string_view> fields;
    bool header = headed_;
    uint64_t released = 0;
    while (reader.next(fields)) {
      if (reader.unclosed() || reader.offset() - reader.row_offset() > kLongestRow) {
        fail_input(path_ + ", line " + std::to_string(reader.line()) +
                       ": a double quote that opens here is never closed",
                   "fields in double quotes closed on their row",
                   "Double each quote inside a quoted field, or take it away.");
      }
      if (fields.empty() || std::exchange(header, false)) continue;
      if (fields.size() <= static_cast<size_t>(caption_column_)) {
        skipped_.skip("too few columns", path_ + ", line " + std::to_string(reader.line()) +
                                             ": has " + std::to_string(fields.size()) +
                                             " columns and no caption");
        skipped_.check(kMostBadRows);
      } else {
        skipped_.use();
      }
      offsets_.push_back(reader.row_offset());
      if (reader.offset() - released > kScanStride) {
        released = reader.offset();
        files_.release();
      }
    }
    files_.release();
    skipped_.report();
    if (skipped_.rows() == skipped_.skipped())
      fail_input(path_ + ": holds no row with a caption", "a row for each caption");
    offsets_.shrink_to_fit();
  }

  std::string field(int64_t index, int column) const {
    files::CsvReader reader(files_.from(0, base_ + offsets_[static_cast<size_t>(index)]), separator_);
    std::vector<std::string_view> fields;
    reader.next(fields);
    const auto at = static_cast<size_t>(column);
    return at < fields.size() ? files::csv_value(fields[at]) : std::string();
  }

  std::string path_;
  MappedFiles files_;
  char separator_ = ',';
  bool headed_ = false;
  uint64_t base_ = 0;
  int caption_column_ = -1, key_column_ = -1;
  std::vector<uint64_t> offsets_;
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<Dataset> open_caption_csv(const CaptionTableOptions& options) {
  return std::make_unique<CaptionCsv>(options);
}

}  // namespace clipwright::data::source
