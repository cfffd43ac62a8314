#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/mapped_files.h"
#include "data/files/csv.h"
#include "data/source/columns.h"
#include "data/source/csv_layout.h"
#include "data/source/image_file.h"
#include "data/source/skipped.h"
#include "data/source/sources.h"
#include "records/lines.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

using Fields = std::vector<std::string_view>;

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

/// Rows stay in the mapped file; each usable one costs the eight bytes of its offset.
class CsvDataset final : public Dataset {
 public:
  CsvDataset(const std::string& path, SourceKind kind, const DataOptions& options) {
    files_.add(path);
    root_ = options.image_root.empty() ? std::filesystem::path(path).parent_path()
                                       : std::filesystem::path(options.image_root);
    const std::string_view text = csv_text(files_[0].text(), path, options);
    base_ = files_[0].text().size() - text.size();
    layout_ = csv_layout(text, path, kind, options);
    scan(text, options);
    check_any();
    if (options.pictures) check_pictures();
  }

  int64_t size() const override { return static_cast<int64_t>(offsets_.size()); }
  std::string key(int64_t index) const override {
    std::string key = field(index, layout_.key);
    return key.empty() && layout_.rows == CsvLayout::kCaptions ? std::to_string(index) : key;
  }
  std::string caption(int64_t index) const override {
    const std::string text = field(index, layout_.caption);
    // Captions to be rewritten are counted and told where they are not UTF-8.
    const bool usable = layout_.rows == CsvLayout::kCaptions || text::unicode::is_utf8(text);
    return usable ? std::string(text::unicode::trimmed(text)) : std::string();
  }
  int label(int64_t index) const override { return label_at(index).number; }
  std::string class_name(int64_t index) const override { return label_at(index).words; }
  ImageBytes image(int64_t index) const override {
    if (layout_.picture < 0) return caption_without_picture();
    return read_image_file(root_ / field(index, layout_.picture));
  }
  std::string describe() const override {
    std::string text = layout_.name() + " " + path() + ": " + with_commas(size()) +
                       (layout_.rows == CsvLayout::kCaptions ? " captions"
                        : layout_.rows == CsvLayout::kLabels ? " pictures with a label"
                                                             : " pairs");
    if (other_rows_ > 0)
      text += ", " + with_commas(other_rows_) + " rows without a .png, .jpg or .jpeg path left out";
    if (skipped_.skipped() > 0) text += ", " + skipped_.describe();
    return text;
  }

 private:
  std::string path() const { return files_[0].path().string(); }

  void scan(std::string_view text, const DataOptions& options) {
    files::CsvReader reader(text, layout_.separator);
    Fields fields;
    bool header = layout_.headed;
    uint64_t released = 0;
    while (reader.next(fields)) {
      if (reader.unclosed() || reader.offset() - reader.row_offset() > kLongestCsvRow) {
        fail_input(path() + ", line " + std::to_string(reader.line()) +
                       ": a double quote that opens here is never closed",
                   "fields in double quotes closed on their row",
                   "Double each quote inside a quoted field, or take it away.");
      }
      if (fields.empty() || std::exchange(header, false)) continue;
      const int64_t skipped_before = skipped_.skipped();
      if (takes(fields, path() + ", line " + std::to_string(reader.line()), options))
        offsets_.push_back(reader.row_offset());
      if (skipped_.skipped() != skipped_before) skipped_.check(options.max_skipped_share);
      if (reader.offset() - released > records::kScanStride) {
        released = reader.offset();
        files_.release();
      }
    }
    files_.release();
    skipped_.report();
    offsets_.shrink_to_fit();
  }

  /// Whether a row is one of the dataset's, counted as usable or not.
  bool takes(const Fields& row, const std::string& place, const DataOptions& options) {
    switch (layout_.rows) {
      case CsvLayout::kPairs:
        return takes_pair(row, place, options);
      case CsvLayout::kLaclip:
        return takes_laclip(row, place);
      case CsvLayout::kLabels:
        return takes_labelled(row, place, options);
      case CsvLayout::kCaptions:
        break;
    }
    if (row.size() > static_cast<size_t>(layout_.caption)) {
      skipped_.use();
    } else {
      skipped_.skip("too few columns",
                    place + ": has " + std::to_string(row.size()) + " columns and no caption");
    }
    return true;
  }

  bool takes_pair(const Fields& row, const std::string& place, const DataOptions& options) {
    const auto raw = [&](int column) { return row[static_cast<size_t>(column)]; };
    const auto blank = [&](int column) {
      return text::unicode::trimmed(files::csv_value(raw(column))).empty();
    };
    if (row.size() <= static_cast<size_t>(std::max(layout_.picture, layout_.caption))) {
      skipped_.skip("too few columns", place + ": has " + std::to_string(row.size()) +
                                           " columns of " + std::to_string(layout_.columns));
    } else if (blank(layout_.picture)) {
      skipped_.skip("no picture",
                    place + ": column " + in_quotes(options.csv_image_key) + " is empty");
    } else if (blank(layout_.caption)) {
      skipped_.skip("no caption",
                    place + ": column " + in_quotes(options.csv_caption_key) + " is empty");
    } else if (!text::unicode::is_utf8(raw(layout_.picture)) ||
               !text::unicode::is_utf8(raw(layout_.caption))) {
      skipped_.skip("not UTF-8", place + ": is not UTF-8");
    } else {
      skipped_.use();
      return true;
    }
    return false;
  }

  bool takes_labelled(const Fields& row, const std::string& place, const DataOptions& options) {
    const auto value = [&](int column) {
      return static_cast<size_t>(column) < row.size()
                 ? std::string(
                       text::unicode::trimmed(files::csv_value(row[static_cast<size_t>(column)])))
                 : std::string();
    };
    if (value(layout_.picture).empty()) {
      skipped_.skip("no picture", place + ": has no picture");
    } else if (value(layout_.label).empty()) {
      skipped_.skip("no label", place + ": has no label");
    } else if (!text::unicode::is_utf8(value(layout_.picture)) ||
               !text::unicode::is_utf8(value(layout_.label))) {
      skipped_.skip("not UTF-8", place + ": is not UTF-8");
    } else {
      check_label(label_value(value(layout_.label)), place);
      skipped_.use();
      return true;
    }
    return false;
  }

  /// Dropping a row here would shift every line-aligned rewrite after it, so an unusable one keeps
  /// its place.
  bool takes_laclip(const Fields& row, const std::string& place) {
    const std::string image = files::csv_value(row[0]);
    const auto ends = [&](std::string_view ending) { return image.ends_with(ending); };
    if (!ends(".png") && !ends(".jpg") && !ends(".jpeg")) {
      ++other_rows_;
      return false;
    }
    if (row.size() < 2 || text::unicode::trimmed(files::csv_value(row[1])).empty()) {
      skipped_.skip("no caption", place + ": has no caption in its second column");
    } else if (!text::unicode::is_utf8(row[1])) {
      skipped_.skip("not UTF-8", place + ": is not UTF-8");
    } else {
      skipped_.use();
    }
    return true;
  }

  void check_any() const {
    if (layout_.rows == CsvLayout::kCaptions && skipped_.rows() == skipped_.skipped())
      fail_input(path() + ": holds no row with a caption", "a row for each caption");
    if (!offsets_.empty()) return;
    if (layout_.rows == CsvLayout::kLaclip) {
      fail_input(path() + ": no row's first column ends in .png, .jpg or .jpeg",
                 "LaCLIP's table: picture path, caption",
                 "For a table with a header use --dataset-type csv with --csv-separator, "
                 "--csv-img-key and --csv-caption-key.");
    }
    fail_input(path() + ": has no row with a picture and a " +
               (layout_.rows == CsvLayout::kLabels ? "label" : "caption") +
               (skipped_.skipped() > 0 ? "; " + skipped_.first() : ""));
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
    fail_input(
        path() + ": none of " + std::to_string(probed) +
            " pictures that were looked for exists, e.g. " + (root_ / key(0)).string(),
        "paths relative to " + (root_.empty() ? std::string("the working folder") : root_.string()),
        "Set --image-root to the folder the paths start from.");
  }

  LabelValue label_at(int64_t index) const {
    return label_value(text::unicode::trimmed(field(index, layout_.label)));
  }

  std::string field(int64_t index, int column) const {
    if (column < 0) return {};
    files::CsvReader reader(files_.from(0, base_ + offsets_[static_cast<size_t>(index)]),
                            layout_.separator);
    Fields fields;
    reader.next(fields);
    const auto at = static_cast<size_t>(column);
    return at < fields.size() ? files::csv_value(fields[at]) : std::string();
  }

  MappedFiles files_;
  std::filesystem::path root_;
  CsvLayout layout_;
  uint64_t base_ = 0;
  std::vector<uint64_t> offsets_;
  Skipped skipped_;
  int64_t other_rows_ = 0;
};

}  // namespace

std::unique_ptr<Dataset> open_csv(const std::string& path, SourceKind kind,
                                  const DataOptions& options) {
  return std::make_unique<CsvDataset>(path, kind, options);
}

}  // namespace clipwright::data::source
