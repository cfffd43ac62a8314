#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "data/files/csv.h"
#include "data/source/image_file.h"
#include "core/mapped_files.h"
#include "data/source/skipped.h"
#include "data/source/sources.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// Far longer than any caption: a larger row means a quote that was never closed.
constexpr uint64_t kLongestRow = 1 << 20;
constexpr uint64_t kScanStride = 64 << 20;

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

/// Rows stay in the mapped file; each usable one costs the eight bytes of its offset.
class CsvDataset final : public Dataset {
 public:
  CsvDataset(const std::string& path, char separator, const DataOptions& options)
      : separator_(separator) {
    files_.add(path);
    root_ = options.image_root.empty() ? std::filesystem::path(path).parent_path()
                                       : std::filesystem::path(options.image_root);
  }

  void read_with_header(const DataOptions& options) {
    files::CsvReader reader = start();
    std::vector<std::string_view> fields;
    while (reader.next(fields) && fields.empty()) {
    }
    std::vector<std::string> names;
    for (const std::string_view field : fields) names.push_back(files::csv_value(field));
    image_column_ = find_column(names, options.csv_image_key, "--csv-img-key");
    caption_column_ = find_column(names, options.csv_caption_key, "--csv-caption-key");
    kind_ = separator_ == '\t' ? "TSV" : "CSV";
    scan(reader, options.max_skipped_share,
         [&](const std::vector<std::string_view>& row, Skipped& skipped) {
           const std::string place = path() + ", line " + std::to_string(reader.line());
           if (row.size() <= std::max(image_column_, caption_column_)) {
             skipped.skip("too few columns", place + ": has " + std::to_string(row.size()) +
                                                 " columns of " + std::to_string(names.size()));
           } else if (text::unicode::trimmed(files::csv_value(row[image_column_])).empty()) {
             skipped.skip("no picture",
                          place + ": column " + in_quotes(options.csv_image_key) + " is empty");
           } else if (text::unicode::trimmed(files::csv_value(row[caption_column_])).empty()) {
             skipped.skip("no caption",
                          place + ": column " + in_quotes(options.csv_caption_key) + " is empty");
           } else if (!text::unicode::is_utf8(row[image_column_]) || !text::unicode::is_utf8(row[caption_column_])) {
             skipped.skip("not UTF-8", place + ": is not UTF-8");
           } else {
             return true;
           }
           return false;
         });
  }

  void read_laclip(const DataOptions& options) {
    kind_ = "LaCLIP CSV";
    files::CsvReader reader = start();
    scan(reader, options.max_skipped_share,
         [&](const std::vector<std::string_view>& row, Skipped& skipped) {
           const std::string image = files::csv_value(row[0]);
           const auto ends = [&](std::string_view ending) { return image.ends_with(ending); };
           if (!ends(".png") && !ends(".jpg") && !ends(".jpeg")) {
             ++other_rows_;
             return false;
           }
           // Dropping a row here would shift every line-aligned rewrite after it, so an unusable
           // one keeps its place.
           const std::string place = path() + ", line " + std::to_string(reader.line());
           if (row.size() < 2 || text::unicode::trimmed(files::csv_value(row[1])).empty()) {
             skipped.skip("no caption", place + ": has no caption in its second column");
           } else if (!text::unicode::is_utf8(row[1])) {
             skipped.skip("not UTF-8", place + ": is not UTF-8");
           } else {
             skipped.use();
           }
           offsets_.push_back(reader.row_offset());
           return false;
         });
    if (offsets_.empty()) {
      fail_input(path() + ": no row's first column ends in .png, .jpg or .jpeg",
                 "LaCLIP's table: picture path, caption",
                 "For a table with a header use --dataset-type csv with --csv-separator, "
                 "--csv-img-key and --csv-caption-key.");
    }
  }

  int64_t size() const override { return static_cast<int64_t>(offsets_.size()); }
  std::string key(int64_t index) const override { return field(index, image_column_); }
  std::string caption(int64_t index) const override {
    const std::string text = field(index, caption_column_);
    return text::unicode::is_utf8(text) ? std::string(text::unicode::trimmed(text)) : std::string();
  }
  ImageBytes image(int64_t index) const override { return read_image_file(root_ / key(index)); }
  std::string describe() const override {
    std::string text = kind_ + " " + path() + ": " + with_commas(size()) + " pairs";
    if (other_rows_ > 0)
      text += ", " + with_commas(other_rows_) + " rows without a .png, .jpg or .jpeg path left out";
    if (skipped_.skipped() > 0) text += ", " + skipped_.describe();
    return text;
  }

  /// A wrong image root should stop a run before it starts, not after the first two hundred
  /// failures.
  void check_pictures() const {
    constexpr int64_t kProbes = 100;
    const int64_t step = std::max<int64_t>(1, size() / kProbes);
    int64_t probed = 0;
    std::error_code error;
    for (int64_t i = 0; i < size() && probed < kProbes; i += step, ++probed) {
      if (std::filesystem::exists(root_ / key(i), error)) return;
    }
    if (probed == 0) return;
    fail_input(
        path() + ": none of " + std::to_string(probed) +
            " pictures that were looked for exists, e.g. " + (root_ / key(0)).string(),
        "paths relative to " + (root_.empty() ? std::string("the working folder") : root_.string()),
        "Set --image-root to the folder the paths start from.");
  }

 private:
  std::string path() const { return files_[0].path().string(); }

  files::CsvReader start() {
    std::string_view text = files_[0].text();
    if (text.empty()) fail_input(path() + ": is empty", "a table of pictures and captions");
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
      fail_input(path() + ": is UTF-16", "UTF-8",
                 "Convert it, e.g. with iconv -f UTF-16 -t UTF-8.");
    }
    if (text.substr(0, 4096).find('\0') != std::string_view::npos)
      fail_input(path() + ": is binary", "a text table in UTF-8");
    base_ = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    return files::CsvReader(text.substr(base_), separator_);
  }

  template <typename Accept>
  void scan(files::CsvReader& reader, double max_skipped_share, const Accept& accept) {
    std::vector<std::string_view> fields;
    uint64_t released = 0;
    while (reader.next(fields)) {
      if (reader.unclosed() || reader.offset() - reader.row_offset() > kLongestRow) {
        fail_input(path() + ", line " + std::to_string(reader.line()) +
                       ": a double quote that opens here is never closed",
                   "fields in double quotes closed on their row",
                   "Double each quote inside a quoted field, or take it away.");
      }
      if (fields.empty()) continue;
      const int64_t skipped_before = skipped_.skipped();
      if (accept(fields, skipped_)) {
        skipped_.use();
        offsets_.push_back(reader.row_offset());
      } else if (skipped_.skipped() != skipped_before) {
        skipped_.check(max_skipped_share);
      }
      if (reader.offset() - released > kScanStride) {
        released = reader.offset();
        files_.release();
      }
    }
    files_.release();
    skipped_.report();
    offsets_.shrink_to_fit();
  }

  size_t find_column(const std::vector<std::string>& names, const std::string& wanted,
                     const std::string& flag) const {
    const auto found = std::find(names.begin(), names.end(), wanted);
    if (found != names.end()) return static_cast<size_t>(found - names.begin());
    std::string have;
    for (size_t i = 0; i < names.size() && i < 20; ++i)
      have += (i == 0 ? "" : ", ") + in_quotes(names[i]);
    const std::string near = nearest(wanted, names);
    std::string advice = near.empty()
                             ? "Name the column with " + flag
                             : "Did you mean " + in_quotes(near) + "? Name the column with " + flag;
    if (names.size() == 1) advice += "; the separator may be wrong (--csv-separator)";
    fail_input(path() + ": has no column " + in_quotes(wanted) + " among " + have,
               "a header with that column", advice + ".");
  }

  std::string field(int64_t index, size_t column) const {
    files::CsvReader reader(files_.from(0, base_ + offsets_[static_cast<size_t>(index)]), separator_);
    std::vector<std::string_view> fields;
    reader.next(fields);
    return column < fields.size() ? files::csv_value(fields[column]) : std::string();
  }

  MappedFiles files_;
  std::filesystem::path root_;
  char separator_;
  uint64_t base_ = 0;
  size_t image_column_ = 0, caption_column_ = 1;
  std::vector<uint64_t> offsets_;
  Skipped skipped_;
  int64_t other_rows_ = 0;
  std::string kind_;
};

}  // namespace

std::unique_ptr<Dataset> open_csv(const std::string& path, char separator,
                                  const DataOptions& options) {
  auto dataset = std::make_unique<CsvDataset>(path, separator, options);
  dataset->read_with_header(options);
  if (dataset->size() == 0) fail_input(path + ": has no row with a picture and a caption");
  dataset->check_pictures();
  return dataset;
}

std::unique_ptr<Dataset> open_laclip_csv(const std::string& path, const DataOptions& options) {
  auto dataset = std::make_unique<CsvDataset>(path, ',', options);
  dataset->read_laclip(options);
  dataset->check_pictures();
  return dataset;
}

bool csv_header_names(const std::string& path, char separator, const std::string& image_key) {
  const MappedFile file{std::filesystem::path(path)};
  std::string_view text = file.text().substr(0, kLongestRow);
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  files::CsvReader reader(text, separator);
  std::vector<std::string_view> fields;
  while (reader.next(fields) && fields.empty()) {
  }
  return std::any_of(fields.begin(), fields.end(),
                     [&](std::string_view field) { return files::csv_value(field) == image_key; });
}

}  // namespace clipwright::data::source
