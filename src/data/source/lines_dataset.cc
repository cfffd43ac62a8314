#include "core/error.h"
#include "core/log.h"
#include "data/source/image_file.h"
#include "data/source/sources.h"

namespace clipwright::data::source {
namespace {

class LinesDataset final : public Dataset {
 public:
  explicit LinesDataset(const std::string& path) : path_(path), lines_(path) {}
  int64_t size() const override { return lines_.size(); }
  std::string key(int64_t index) const override { return lines_.key(index); }
  /// As the file has it: blanks around a caption are part of what is rewritten and hashed.
  std::string caption(int64_t index) const override { return lines_.caption(index); }
  ImageBytes image(int64_t) const override { return caption_without_picture(); }
  std::string describe() const override {
    return "text " + path_ + ": " + with_commas(size()) + " captions";
  }

 private:
  std::string path_;
  records::CaptionLines lines_;
};

}  // namespace

std::unique_ptr<Dataset> open_lines(const std::string& path, const DataOptions& options) {
  if (!options.caption_column.empty() || !options.key_column.empty()) {
    fail_usage(path + " is a text file, which has no columns",
               "--caption-column and --key-column with a .csv, .tsv, .jsonl or .parquet");
  }
  return std::make_unique<LinesDataset>(path);
}

}  // namespace clipwright::data::source
