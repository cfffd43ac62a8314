#include "core/error.h"
#include "core/log.h"
#include "data/source/caption_tables.h"
#include "records/parquet_rows.h"
#include "data/files/spooled_texts.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

class CaptionParquet final : public CaptionTableFile {
 public:
  explicit CaptionParquet(const CaptionTableOptions& options) : path_(options.path) {
    const records::ParquetRows rows(path_);
    const std::vector<std::string>& names = rows.columns();
    const int caption = find_column(names, options.caption_column, caption_names());
    if (caption < 0)
      lacks_column(path_, names, options.caption_column, "captions", "--caption-column");
    const int key = find_column(names, options.key_column, key_names());
    if (key < 0 && !options.key_column.empty())
      lacks_column(path_, names, options.key_column, "keys", "--key-column");
    std::vector<std::string> columns = {names[static_cast<size_t>(caption)]};
    if (key >= 0) columns.push_back(names[static_cast<size_t>(key)]);
    rows.read(columns, [&](int64_t row, std::span<const records::ParquetCell> cells) {
      const records::ParquetCell& said = cells[0];
      if (!said.null && !said.is_text) {
        fail_input(path_ + ", row " + std::to_string(row + 1) + ": column '" + columns[0] +
                       "' holds numbers",
                   "a column of texts", "Name another one with --caption-column.");
      }
      captions_.add(text::unicode::trimmed(said.text));
      std::string name = std::to_string(row);
      if (key >= 0 && !cells[1].null)
        name = cells[1].is_text ? std::string(cells[1].text)
                                : std::to_string(static_cast<int64_t>(cells[1].number));
      keys_.add(name);
    });
    captions_.finish();
    keys_.finish();
    if (captions_.size() == 0) fail_input(path_ + ": has no row", "a row for each caption");
  }

  int64_t size() const override { return captions_.size(); }
  std::string key(int64_t index) const override { return std::string(keys_[index]); }
  std::string caption(int64_t index) const override { return std::string(captions_[index]); }
  std::string describe() const override {
    return "Parquet " + path_ + ": " + with_commas(size()) + " captions";
  }

 private:
  std::string path_;
  files::SpooledTexts captions_, keys_;
};

}  // namespace

std::unique_ptr<Dataset> open_caption_parquet(const CaptionTableOptions& options) {
  return std::make_unique<CaptionParquet>(options);
}

}  // namespace clipwright::data::source
