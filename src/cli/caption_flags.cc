#include "cli/caption_flags.h"

#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "data/source/caption_tables.h"
#include "data/source/dataset.h"

namespace clipwright::cli {
namespace {

/// The captions of any data argument.
class DatasetCaptions final : public records::CaptionSource {
 public:
  explicit DatasetCaptions(std::unique_ptr<data::source::Dataset> dataset) : dataset_(std::move(dataset)) {
    log_info(dataset_->describe());
  }
  int64_t size() const override { return dataset_->size(); }
  std::string key(int64_t index) const override { return dataset_->key(index); }
  std::string text(int64_t index) const override { return dataset_->caption(index); }

 private:
  std::unique_ptr<data::source::Dataset> dataset_;
};

}  // namespace

void add_caption_flags(CLI::App& app, CaptionFlags& flags) {
  app.add_option("--captions", flags.captions,
                 "a caption a line, UTF-8; or the rows of a .csv, .tsv, .jsonl or .parquet")
      ->type_name("FILE");
  app.add_option("--data", flags.data,
                 "captions of a data set: tars, CSV/TSV, JSONL, Parquet or a folder")
      ->type_name("SRC");
  app.add_option("--caption-column", flags.caption_column,
                 "column of the captions in a table, \"#2\" without a header; default: caption, "
                 "title, text or txt")
      ->type_name("NAME");
  app.add_option("--key-column", flags.key_column,
                 "column of --captions that joins a rewrite to its sample; default: key, filepath, "
                 "image, ..., "
                 "else the row's number")
      ->type_name("NAME");
}

std::unique_ptr<records::CaptionSource> open_captions(const CaptionFlags& flags) {
  if (flags.captions.empty() == flags.data.empty())
    fail_usage("there are no captions to work on", "either --captions FILE or --data SRC");
  const bool columns = !flags.caption_column.empty() || !flags.key_column.empty();
  if (!flags.data.empty()) {
    if (!flags.key_column.empty())
      fail_usage("--key-column beside --data",
                 "a table of --captions; a data set has its own keys");
    data::source::DataOptions options{.source = flags.data};
    if (!flags.caption_column.empty()) options.csv_caption_key = flags.caption_column;
    return std::make_unique<DatasetCaptions>(data::source::open_dataset(options));
  }
  if (data::source::is_caption_table(flags.captions)) {
    return std::make_unique<DatasetCaptions>(
        data::source::open_caption_table({.path = flags.captions,
                            .caption_column = flags.caption_column,
                            .key_column = flags.key_column}));
  }
  if (columns)
    fail_usage(flags.captions + " is a text file, which has no columns",
               "--caption-column and --key-column with a .csv, .tsv, .jsonl or .parquet");
  return std::make_unique<records::CaptionLines>(flags.captions);
}

}  // namespace clipwright::cli
