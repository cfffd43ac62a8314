// Image-text pairs by index, whatever they are stored in. Indices are mapped files, not objects, so
// ten million pairs fit in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "records/caption_source.h"

namespace clipwright::data::source {

/// The encoded bytes of one picture: a view into a mapping, or bytes owned by this object. It moves
/// and is never copied: the view of a copy would be into the original.
struct ImageBytes {
  ImageBytes() = default;
  ImageBytes(ImageBytes&&) = default;
  ImageBytes& operator=(ImageBytes&&) = default;

  std::span<const std::byte> view;
  std::vector<std::byte> owned;
  std::string error;  ///< why the picture could not be read; empty when it could
};

/// Pairs with random access. Thread-safe for reading. A pair's key identifies it across files and
/// runs: the image path, or the tar's key; its caption has no blanks around it.
class Dataset : public records::CaptionSource {
 public:
  /// All captions of the picture (several for COCO-like sets); at least what `caption` gives.
  virtual std::vector<std::string> captions(int64_t index) const { return {caption(index)}; }
  virtual ImageBytes image(int64_t index) const = 0;
  /// Class label from a `.cls` member, a class folder or a column of labels, or -1.
  virtual int label(int64_t index) const { return -1; }
  /// The class as a column of labels says it in words; empty when it is a number or there is none.
  virtual std::string class_name(int64_t index) const { return {}; }
  /// A number a class from a `.npy` member, for pictures with several classes; else empty. Throws
  /// Error(kInput) for a member that is none.
  virtual std::vector<float> label_vector(int64_t index) const { return {}; }
  virtual std::string describe()
      const = 0;  ///< one line for the log: kind, files, pairs, rows skipped and why
  /// What this dataset is a part of (nullptr when it is whole), and where its pairs are there:
  /// rewrites belong to the whole.
  virtual const Dataset* base() const { return nullptr; }
  virtual int64_t base_index(int64_t index) const { return index; }
};

struct DataOptions {
  std::string source;  ///< tars with {0000..0099}, *.tar and `::`, .csv/.tsv, .jsonl, .parquet,
                       ///< COCO's and Karpathy's .json, Flickr's .txt, or a folder
  std::string type = "auto";  ///< one of dataset_types()
  std::string csv_separator = "\t";
  std::string csv_image_key = "filepath", csv_caption_key = "title";
  std::string split;       ///< of Karpathy's JSON and CLIP_benchmark's folder (empty: its `test`)
  std::string image_root;  ///< prefix of relative image paths; default: the CSV's folder
  /// False: captions alone, as they are rewritten: `source` is one table (.csv, .tsv, .jsonl,
  /// .parquet) or a text of a caption a line. Every row keeps its place, so that line k of a
  /// rewrite file is row k; a row without a usable caption has an empty one. Pictures cannot be
  /// read.
  bool pictures = true;
  /// True: pictures with classes. A table then needs a column of labels, whole numbers or words,
  /// and no captions; rows without a label are passed over and counted.
  bool labels = false;
  std::string label_key;       ///< of tables with labels; empty: label, class or cls
  std::string caption_column;  ///< of captions alone; "#2": the second column of a table without a
                               ///< header; empty: caption, title, text or txt
  std::string key_column;      ///< of captions alone; empty: key, filepath, image_path, ..., else
                               ///< the row's number
  double max_skipped_share =
      0.05;  ///< rows or samples without caption or image beyond this share are an error
};

/// Opens a source, with pictures or without: the one place that decides what it is. Throws
/// Error(kInput) with the first bad place when it cannot be used, Error(kUsage) for a bad type.
std::unique_ptr<Dataset> open_dataset(const DataOptions& options);

/// The pairs of `base` at `indices`, e.g. a held-out split. Keeps `base` alive.
std::shared_ptr<Dataset> subset(std::shared_ptr<const Dataset> base, std::vector<int64_t> indices);

}  // namespace clipwright::data::source
