#include "cli/source_flags.h"

#include "core/words.h"
#include "data/source/source_kind.h"

namespace clipwright::cli {

void add_source_flags(CLI::App& app, data::source::DataOptions& source, const char* name) {
  app.add_option(
         name, source.source,
         "tars with {0000..0099} and ::, a .csv, .tsv, .jsonl, .parquet, COCO's or Karpathy's "
         ".json, Flickr's .txt, a folder of pictures or CLIP_benchmark's")
      ->required()
      ->type_name("SRC");
  app.add_option("--dataset-type", source.type, listed(data::source::dataset_types(), " or "))
      ->capture_default_str()
      ->type_name("TYPE");
  app.add_option("--split", source.split,
                 "of Karpathy's .json and of CLIP_benchmark's folder (there: test)")
      ->type_name("NAME");
  app.add_option(
         "--csv-separator", source.csv_separator,
         "of a .csv with a header; default: of comma, tab, ; and | the one that finds the columns")
      ->type_name("CHAR");
  app.add_option("--csv-img-key", source.csv_image_key,
                 "column of the picture's path, \"#1\" without a header; filepath stands for any "
                 "usual name")
      ->capture_default_str()
      ->type_name("NAME");
  app.add_option("--csv-caption-key", source.csv_caption_key,
                 "column of the caption, \"#2\" without a header; title stands for any usual name")
      ->capture_default_str()
      ->type_name("NAME");
  app.add_option("--image-root", source.image_root,
                 "where relative picture paths start; default the table's folder")
      ->type_name("DIR");
}

}  // namespace clipwright::cli
