#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "data/files/spooled_texts.h"
#include "data/source/columns.h"
#include "data/source/image_file.h"
#include "data/source/skipped.h"
#include "data/source/sources.h"
#include "records/parquet_rows.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

using Cells = std::span<const records::ParquetCell>;

/// Which columns are read, and where each stands in a row's cells; -1: not there.
struct Columns {
  std::vector<std::string> names;
  int bytes = -1, file = -1, caption = -1, key = -1, label = -1;

  int take(const std::vector<std::string>& all, int column) {
    if (column < 0) return -1;
    names.push_back(all[static_cast<size_t>(column)]);
    return static_cast<int>(names.size()) - 1;
  }
};

Columns choose_columns(const std::vector<std::string>& all, const std::string& path,
                       const DataOptions& options) {
  constexpr SourceKind kKind = SourceKind::kParquet;
  Columns columns;
  if (!options.pictures) {
    const CaptionColumns found = find_caption_columns(all, kKind, path, options);
    columns.caption = columns.take(all, found.caption);
    columns.key = columns.take(all, found.key);
    return columns;
  }
  const auto take = [&](Column column) {
    return columns.take(all, find_column(all, column, kKind, options));
  };
  columns.bytes = take(Column::kPictureBytes);
  columns.file = take(Column::kPicture);
  columns.caption = take(Column::kCaption);
  columns.key = take(Column::kKey);
  columns.label = take(Column::kLabel);
  const auto lacking = [&](const std::string& what, const std::string& flag) {
    fail_input(path + ": has no column of " + what + " among " + listed(all), {},
               "Name it with " + flag + ".");
  };
  if (columns.bytes < 0 && columns.file < 0) lacking("pictures", "--csv-img-key");
  if (options.labels && columns.label < 0) lacks_label(path, all, options);
  if (columns.caption < 0 && columns.label < 0) lacking("captions", "--csv-caption-key");
  return columns;
}

const records::ParquetCell& cell_at(Cells cells, int at) {
  static const records::ParquetCell kNone;
  return at < 0 ? kNone : cells[static_cast<size_t>(at)];
}

/// Whether a value is a picture itself and not the path of one.
bool is_picture(std::string_view value) {
  return value.starts_with("\xFF\xD8") || value.starts_with("\x89PNG") || value.starts_with("RIFF");
}

/// What a cell of captions says: a text or a list of them, blank ones left out.
std::vector<std::string_view> captions_of(const records::ParquetCell& cell) {
  std::vector<std::string_view> said = cell.list;
  if (!cell.is_list) said = {cell.text};
  for (std::string_view& text : said) text = text::unicode::trimmed(text);
  std::erase_if(said, [](std::string_view text) { return text.empty(); });
  return said;
}

/// Parquet is compressed by column and cannot be read at a random row, so its texts (and pictures,
/// when it holds them) are unpacked once to a temporary file.
class ParquetDataset final : public Dataset {
 public:
  ParquetDataset(const std::string& path, const DataOptions& options)
      : path_(path), options_(options) {
    root_ = options.image_root.empty() ? std::filesystem::path(path).parent_path()
                                       : std::filesystem::path(options.image_root);
    const records::ParquetRows rows(path_);
    const Columns columns = choose_columns(rows.columns(), path_, options);
    lists_ = columns.caption >= 0 &&
             rows.holds_lists(columns.names[static_cast<size_t>(columns.caption)]);
    rows.read(columns.names, [&](int64_t row, Cells cells) {
      if (options_.pictures) {
        add_pair(row, cells, columns);
      } else {
        add_caption(row, cells, columns);
      }
    });
    keys_.finish();
    captions_.finish();
    pictures_.finish();
    skipped_.report();
    check_pictures(path_, root_, options.pictures ? size() : 0, [this](int64_t i) {
      return inside_[static_cast<size_t>(i)] ? std::string() : std::string(pictures_[i]);
    });
    if (keys_.size() > 0) return;
    if (!options.pictures) fail_input(path_ + ": has no row", "a row for each caption");
    fail_input(path_ + ": no row has a picture and a caption" +
               (skipped_.rows() > 0 ? "; " + skipped_.first() : ""));
  }

  int64_t size() const override { return keys_.size(); }
  std::string key(int64_t index) const override { return std::string(keys_[index]); }
  std::string caption(int64_t index) const override { return captions(index)[0]; }
  std::vector<std::string> captions(int64_t index) const override {
    if (!lists_) return {std::string(captions_[index])};
    const auto i = static_cast<size_t>(index);
    std::vector<std::string> all;
    for (int64_t k = i == 0 ? 0 : ends_[i - 1]; k < ends_[i]; ++k) all.emplace_back(captions_[k]);
    return all.empty() ? std::vector<std::string>{""} : all;
  }
  ImageBytes image(int64_t index) const override {
    if (!options_.pictures) return caption_without_picture();
    const std::string_view picture = pictures_[index];
    if (!inside_[static_cast<size_t>(index)]) return read_image_file(root_ / picture);
    ImageBytes image;
    image.view = {reinterpret_cast<const std::byte*>(picture.data()), picture.size()};
    return image;
  }
  int label(int64_t index) const override {
    return labels_.empty() ? -1 : labels_[static_cast<size_t>(index)].number;
  }
  std::string class_name(int64_t index) const override {
    return labels_.empty() ? std::string() : labels_[static_cast<size_t>(index)].words;
  }
  std::string describe() const override {
    std::string text = "Parquet " + path_ + ": " + with_commas(size()) +
                       (options_.pictures ? " pairs" : " captions");
    if (skipped_.skipped() > 0) text += ", " + skipped_.describe();
    return text;
  }

 private:
  void add_pair(int64_t row, Cells cells, const Columns& columns) {
    const std::string place = path_ + ", row " + std::to_string(row + 1);
    std::string_view picture = cell_at(cells, columns.bytes).text,
                     name = cell_at(cells, columns.file).text;
    if (picture.empty() && is_picture(name)) std::swap(picture, name);
    const std::vector<std::string_view> said = captions_of(cell_at(cells, columns.caption));
    const records::ParquetCell& label = cell_at(cells, columns.label);
    LabelValue value;
    if (options_.labels || !label.is_text)
      value = label_value(text::unicode::trimmed(label.as_text()));
    // Words count as a label only where labels are asked for.
    if (!options_.labels) value.words.clear();
    if (picture.empty() && name.empty()) {
      skipped_.skip("no picture", place + ": has no picture");
    } else if (options_.labels && value.empty()) {
      skipped_.skip("no label", place + ": has no label");
    } else if (said.empty() && value.empty()) {
      skipped_.skip("no caption", place + ": has no caption");
    } else if (!std::all_of(said.begin(), said.end(), text::unicode::is_utf8)) {
      skipped_.skip("not UTF-8", place + ": is not UTF-8");
    } else {
      check_label(value, place);
      skipped_.use();
      std::string id = cell_at(cells, columns.key).as_text();
      if (is_picture(id)) id.clear();
      if (id.empty()) id = name.empty() ? std::to_string(row) : std::string(name);
      keys_.add(id);
      add_captions(said);
      pictures_.add(picture.empty() ? name : picture);
      inside_.push_back(!picture.empty());
      if (columns.label >= 0) labels_.push_back(value);
      return;
    }
    skipped_.check(options_.max_skipped_share);
  }

  void add_caption(int64_t row, Cells cells, const Columns& columns) {
    const records::ParquetCell& said = cell_at(cells, columns.caption);
    if (!said.null && !said.is_text && !said.is_list) {
      fail_input(path_ + ", row " + std::to_string(row + 1) + ": column '" +
                     columns.names[static_cast<size_t>(columns.caption)] + "' holds numbers",
                 "a column of texts", "Name another one with --caption-column.");
    }
    std::string key = cell_at(cells, columns.key).as_text();
    if (is_picture(key)) key.clear();
    add_captions(captions_of(said));
    keys_.add(key.empty() ? std::to_string(row) : key);
  }

  void add_captions(const std::vector<std::string_view>& said) {
    for (const std::string_view text : said) captions_.add(text);
    if (lists_) ends_.push_back(captions_.size());
    if (!lists_ && said.empty()) captions_.add({});
  }

  std::string path_;
  DataOptions options_;
  std::filesystem::path root_;
  files::SpooledTexts keys_, captions_, pictures_;
  bool lists_ = false;         // captions are lists:
  std::vector<int64_t> ends_;  // where each row's end in captions_
  std::vector<bool> inside_;
  std::vector<LabelValue> labels_;
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<Dataset> open_parquet(const std::string& path, const DataOptions& options) {
  return std::make_unique<ParquetDataset>(path, options);
}

}  // namespace clipwright::data::source
