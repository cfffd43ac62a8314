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

// Of an offset: the row ends with its line, because a quote in it is a stray one.
constexpr uint64_t kByLine = uint64_t{1} << 63;

/// One row. Blanks belong to a value, except in tables of '|', which are written with some beside
/// it.
struct Row {
  Fields fields;
  bool by_line = false, padded = false;

  size_t size() const { return fields.size(); }
  std::string operator[](int column) const {
    const auto at = static_cast<size_t>(column);
    if (column < 0 || at >= fields.size()) return {};
    std::string value = by_line ? files::line_value(fields[at]) : files::csv_value(fields[at]);
    return padded ? std::string(text::unicode::trimmed(value)) : value;
  }
  std::string trimmed(int column) const {
    return std::string(text::unicode::trimmed((*this)[column]));
  }
};

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
    if (options.pictures) {
      check_pictures(path, root_, size(), [this](int64_t i) { return field(i, layout_.picture); });
    } else {
      layout_.picture = -1;
    }
  }

  int64_t size() const override { return static_cast<int64_t>(offsets_.size()); }
  std::string key(int64_t index) const override {
    std::string key = field(index, layout_.key);
    if (key.empty()) key = field(index, layout_.picture);
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
    files::CsvRows rows(text, layout_.shape());
    Row row{.padded = layout_.separator == '|'};
    bool header = layout_.headed;
    uint64_t released = 0;
    while (rows.next(row.fields)) {
      row.by_line = rows.by_line();
      const std::string place = path() + ", line " + std::to_string(rows.line());
      if (rows.lost() || rows.offset() - rows.row_offset() > kLongestCsvRow) {
        fail_input(place + ": a double quote that opens here is never closed",
                   "fields in double quotes closed on their row",
                   "Double each quote inside a quoted field, or take it away.");
      }
      if (row.fields.empty() || std::exchange(header, false)) continue;
      if (row.by_line && stray_quotes_++ == 0) first_stray_ = place;
      const int64_t skipped_before = skipped_.skipped();
      if (takes(row, place)) offsets_.push_back(rows.row_offset() | (row.by_line ? kByLine : 0));
      if (skipped_.skipped() != skipped_before) skipped_.check(options.max_skipped_share);
      if (rows.offset() - released > records::kScanStride) {
        released = rows.offset();
        files_.release();
      }
    }
    files_.release();
    skipped_.report();
    if (stray_quotes_ > 0) {
      log_warning(first_stray_ + ": a double quote opens a field that does not end where a field " +
                  "ends; it is read as part of the text, and the row ends with its line" +
                  (stray_quotes_ > 1 ? " (" + with_commas(stray_quotes_) + " such rows)" : ""));
    }
    offsets_.shrink_to_fit();
  }

  /// Whether a row is one of the dataset's, counted as usable or not.
  bool takes(const Row& row, const std::string& place) {
    switch (layout_.rows) {
      case CsvLayout::kPairs:
        return takes_pair(row, place);
      case CsvLayout::kLaclip:
        return takes_laclip(row, place);
      case CsvLayout::kLabels:
        return takes_labelled(row, place);
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

  bool takes_pair(const Row& row, const std::string& place) {
    if (row.size() <= static_cast<size_t>(std::max(layout_.picture, layout_.caption))) {
      skipped_.skip("too few columns", place + ": has " + std::to_string(row.size()) +
                                           " columns of " + std::to_string(layout_.columns));
    } else if (row.trimmed(layout_.picture).empty()) {
      skipped_.skip("no picture", place + ": column " + name_of(layout_.picture) + " is empty");
    } else if (row.trimmed(layout_.caption).empty()) {
      skipped_.skip("no caption", place + ": column " + name_of(layout_.caption) + " is empty");
    } else if (!text::unicode::is_utf8(row[layout_.picture]) ||
               !text::unicode::is_utf8(row[layout_.caption])) {
      skipped_.skip("not UTF-8", place + ": is not UTF-8");
    } else {
      skipped_.use();
      return true;
    }
    return false;
  }

  bool takes_labelled(const Row& row, const std::string& place) {
    const std::string picture = row.trimmed(layout_.picture), label = row.trimmed(layout_.label);
    if (picture.empty()) {
      skipped_.skip("no picture", place + ": has no picture");
    } else if (label.empty()) {
      skipped_.skip("no label", place + ": has no label");
    } else if (!text::unicode::is_utf8(picture) || !text::unicode::is_utf8(label)) {
      skipped_.skip("not UTF-8", place + ": is not UTF-8");
    } else {
      check_label(label_value(label), place);
      skipped_.use();
      return true;
    }
    return false;
  }

  /// Dropping a row here would shift every line-aligned rewrite after it, so an unusable one keeps
  /// its place.
  bool takes_laclip(const Row& row, const std::string& place) {
    const std::string image = row[0];
    const auto ends = [&](std::string_view ending) { return image.ends_with(ending); };
    if (!ends(".png") && !ends(".jpg") && !ends(".jpeg")) {
      ++other_rows_;
      return false;
    }
    if (row.trimmed(1).empty()) {
      skipped_.skip("no caption", place + ": has no caption in its second column");
    } else if (!text::unicode::is_utf8(row[1])) {
      skipped_.skip("not UTF-8", place + ": is not UTF-8");
    } else {
      skipped_.use();
    }
    return true;
  }

  std::string name_of(int column) const {
    const auto at = static_cast<size_t>(column);
    return at < layout_.names.size() ? "'" + layout_.names[at] + "'"
                                     : "#" + std::to_string(column + 1);
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

  LabelValue label_at(int64_t index) const {
    return label_value(text::unicode::trimmed(field(index, layout_.label)));
  }

  std::string field(int64_t index, int column) const {
    if (column < 0) return {};
    const uint64_t offset = offsets_[static_cast<size_t>(index)];
    const std::string_view rest = files_.from(0, base_ + (offset & ~kByLine));
    Row row{.by_line = (offset & kByLine) != 0, .padded = layout_.separator == '|'};
    if (row.by_line) {
      files::split_line(rest.substr(0, rest.find_first_of("\r\n")), layout_.separator, row.fields);
    } else {
      files::CsvReader(rest, layout_.separator).next(row.fields);
    }
    return row[column];
  }

  MappedFiles files_;
  std::filesystem::path root_;
  CsvLayout layout_;
  uint64_t base_ = 0;
  std::vector<uint64_t> offsets_;
  Skipped skipped_;
  int64_t other_rows_ = 0, stray_quotes_ = 0;
  std::string first_stray_;
};

}  // namespace

std::unique_ptr<Dataset> open_csv(const std::string& path, SourceKind kind,
                                  const DataOptions& options) {
  return std::make_unique<CsvDataset>(path, kind, options);
}

}  // namespace clipwright::data::source
