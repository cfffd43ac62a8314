// Captions without pictures, for rewriting: the rows of a CSV, TSV, JSONL or Parquet file. Every
// row keeps its place, so line k of a rewrite file is row k; a row without a usable caption has an
// empty one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/source/dataset.h"

namespace clipwright::data::source {

struct CaptionTableOptions {
  std::string path;
  std::string caption_column;  ///< name, or "#2" for the second column of a table without a header;
                               ///< empty: caption, title, text or txt
  std::string key_column;      ///< empty: key, filepath, image_path, ..., else the row's number
};

/// True for .csv, .tsv, .jsonl, .ndjson and .parquet.
bool is_caption_table(const std::string& path);

/// The rows as a Dataset whose pictures cannot be read. Memory: eight bytes a row; Parquet's texts
/// go to a temporary file. Throws Error(kInput) when the file cannot be read, has no such column
/// (naming those there are), or more than 5 % of its rows after 200 are damaged.
std::unique_ptr<Dataset> open_caption_table(const CaptionTableOptions& options);

// One opener a kind of file.
std::unique_ptr<Dataset> open_caption_csv(const CaptionTableOptions& options);
std::unique_ptr<Dataset> open_caption_jsonl(const CaptionTableOptions& options);
std::unique_ptr<Dataset> open_caption_parquet(const CaptionTableOptions& options);

/// What all kinds share.
class CaptionTableFile : public Dataset {
 public:
  ImageBytes image(int64_t) const override { return {.error = "is a caption without a picture"}; }

 protected:
  /// The columns that hold captions and keys when none is named, best first.
  static const std::vector<std::string>& caption_names();
  static const std::vector<std::string>& key_names();
  /// The place in `columns` of `wanted`, or of the first of `usual` (case does not matter) when
  /// nothing is wanted; -1 when there is none.
  static int find_column(const std::vector<std::string>& columns, const std::string& wanted,
                         const std::vector<std::string>& usual);
  [[noreturn]] static void lacks_column(const std::string& path,
                                        const std::vector<std::string>& columns,
                                        const std::string& wanted, std::string_view what,
                                        std::string_view flag, std::string_view advice = {});
};

}  // namespace clipwright::data::source
