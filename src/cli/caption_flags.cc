#include "cli/caption_flags.h"

#include "core/error.h"
#include "core/log.h"
#include "data/source/dataset.h"

namespace clipwright::cli {
void add_caption_flags(CLI::App& app, CaptionFlags& flags) {
  app.add_option(
         "--captions", flags.captions,
         "a caption a line, UTF-8; or the rows of a .csv, .tsv, .jsonl or .parquet, or what --data "
         "takes")
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
  data::source::DataOptions options;
  if (flags.data.empty()) {
    options.source = flags.captions;
    options.pictures = false;
    options.caption_column = flags.caption_column;
    options.key_column = flags.key_column;
  } else {
    if (!flags.key_column.empty())
      fail_usage("--key-column beside --data",
                 "a table of --captions; a data set has its own keys");
    options.source = flags.data;
    if (!flags.caption_column.empty()) options.csv_caption_key = flags.caption_column;
  }
  std::unique_ptr<data::source::Dataset> captions = data::source::open_dataset(options);
  log_info(captions->describe());
  return captions;
}

}  // namespace clipwright::cli
