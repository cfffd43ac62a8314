#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "data/source/image_file.h"
#include "records/parquet_rows.h"
#include "data/source/skipped.h"
#include "data/source/sources.h"
#include "data/files/spooled_texts.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

/// Parquet is compressed by column and cannot be read at a random row, so its texts (and pictures,
/// when it holds them) are unpacked once to a temporary file.
class ParquetDataset final : public Dataset {
 public:
  ParquetDataset(const std::string& path, const DataOptions& options) : path_(path) {
    root_ = options.image_root.empty() ? std::filesystem::path(path).parent_path()
                                       : std::filesystem::path(options.image_root);
  }

  void read(const DataOptions& options) {
    const records::ParquetRows rows(path_);
    const std::string bytes = rows.first_of(
        {"image.bytes", "image_bytes", "bytes", "jpg", "png", "jpg.bytes", "png.bytes"});
    const std::string file = rows.first_of({options.csv_image_key, "image_path", "filepath",
                                            "file_name", "image", "path", "image.path"});
    const std::string caption =
        rows.first_of({options.csv_caption_key, "caption", "text", "title", "TEXT", "txt"});
    const std::string key =
        rows.first_of({"key", "__key__", "uid", "id", "url", "URL", "image.path"});
    const std::string label = rows.first_of({"label", "cls"});
    const auto lacking = [&](const std::string& what, const std::string& flag) {
      std::string have;
      for (const std::string& name : rows.columns()) have += (have.empty() ? "" : ", ") + name;
      fail_input(path_ + ": has no column of " + what + " among " + have, {},
                 "Name it with " + flag + ".");
    };
    if (bytes.empty() && file.empty()) lacking("pictures", "--csv-img-key");
    if (caption.empty() && label.empty()) lacking("captions", "--csv-caption-key");

    std::vector<std::string> columns;
    const auto column = [&](const std::string& name) {
      if (name.empty()) return -1;
      columns.push_back(name);
      return static_cast<int>(columns.size()) - 1;
    };
    const int bytes_at = column(bytes), file_at = column(file), caption_at = column(caption),
              key_at = column(key), label_at = column(label);
    const auto text_at = [](std::span<const records::ParquetCell> cells, int at) {
      return at >= 0 && cells[static_cast<size_t>(at)].is_text ? cells[static_cast<size_t>(at)].text
                                                               : std::string_view();
    };
    rows.read(columns, [&](int64_t row, std::span<const records::ParquetCell> cells) {
      const std::string place = path_ + ", row " + std::to_string(row + 1);
      const std::string_view picture = text_at(cells, bytes_at), name = text_at(cells, file_at),
                             said = text::unicode::trimmed(text_at(cells, caption_at));
      const bool labelled = label_at >= 0 && !cells[static_cast<size_t>(label_at)].null &&
                            !cells[static_cast<size_t>(label_at)].is_text;
      if (picture.empty() && name.empty()) {
        skipped_.skip("no picture", place + ": has no picture");
      } else if (said.empty() && !labelled) {
        skipped_.skip("no caption", place + ": has no caption");
      } else if (!text::unicode::is_utf8(said)) {
        skipped_.skip("not UTF-8", place + ": is not UTF-8");
      } else {
        skipped_.use();
        std::string_view id = text_at(cells, key_at);
        std::string number;
        if (key_at >= 0 && id.empty() && !cells[static_cast<size_t>(key_at)].null) {
          number = std::to_string(static_cast<int64_t>(cells[static_cast<size_t>(key_at)].number));
          id = number;
        }
        if (id.empty()) id = name;
        if (id.empty()) id = number = std::to_string(row);
        keys_.add(id);
        captions_.add(said);
        pictures_.add(picture.empty() ? name : picture);
        inside_.push_back(!picture.empty());
        if (label_at >= 0)
          labels_.push_back(labelled ? static_cast<int>(cells[static_cast<size_t>(label_at)].number)
                                     : -1);
        return;
      }
      skipped_.check(options.max_skipped_share);
    });
    keys_.finish();
    captions_.finish();
    pictures_.finish();
    skipped_.report();
    if (keys_.size() == 0)
      fail_input(path_ + ": no row has a picture and a caption" +
                 (skipped_.rows() > 0 ? "; " + skipped_.first() : ""));
  }

  int64_t size() const override { return keys_.size(); }
  std::string key(int64_t index) const override { return std::string(keys_[index]); }
  std::string caption(int64_t index) const override { return std::string(captions_[index]); }
  ImageBytes image(int64_t index) const override {
    const std::string_view picture = pictures_[index];
    if (!inside_[static_cast<size_t>(index)]) return read_image_file(root_ / picture);
    ImageBytes image;
    image.view = {reinterpret_cast<const std::byte*>(picture.data()), picture.size()};
    return image;
  }
  int label(int64_t index) const override {
    return labels_.empty() ? -1 : labels_[static_cast<size_t>(index)];
  }
  std::string describe() const override {
    std::string text = "Parquet " + path_ + ": " + with_commas(size()) + " pairs";
    if (skipped_.skipped() > 0) text += ", " + skipped_.describe();
    return text;
  }

 private:
  std::string path_;
  std::filesystem::path root_;
  files::SpooledTexts keys_, captions_, pictures_;
  std::vector<bool> inside_;
  std::vector<int> labels_;
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<Dataset> open_parquet(const std::string& path, const DataOptions& options) {
  auto dataset = std::make_unique<ParquetDataset>(path, options);
  dataset->read(options);
  return dataset;
}

}  // namespace clipwright::data::source
