// One opener a kind of source; `open_dataset` chooses among them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "data/source/source_kind.h"

namespace clipwright::data::source {

/// A table in text: open_clip's (a header names the columns), LaCLIP's (comma, no header, path and
/// caption; a row counts when its path ends in .png, .jpg or .jpeg), or captions alone.
std::unique_ptr<Dataset> open_csv(const std::string& path, SourceKind kind,
                                  const DataOptions& options);
/// An object a line: a picture path and a caption, or captions alone. kYfcc15m: by the rules of
/// YFCC15M-V2's readers, docs/formats/data.md.
std::unique_ptr<Dataset> open_jsonl(const std::string& path, SourceKind kind,
                                    const DataOptions& options);
/// Columns of a Parquet file: picture bytes or path, and a caption; or captions alone.
std::unique_ptr<Dataset> open_parquet(const std::string& path, const DataOptions& options);
/// A caption a line, without pictures.
std::unique_ptr<Dataset> open_lines(const std::string& path, const DataOptions& options);
/// What a folder of pictures holds at any depth: paths from there, sorted, hidden files left out.
/// Endings count in any case. Found in one walk, since folders may lie on a network.
struct FolderFiles {
  std::vector<std::string> pictures, texts, tables;  ///< tables: metadata.csv and its like
};
/// Throws Error(kInput) when the folder cannot be listed.
FolderFiles list_folder(const std::string& path);
/// Pictures with a .txt of the same name beside them, or pictures in class folders.
std::unique_ptr<Dataset> open_folder(const std::string& path, FolderFiles found,
                                     const DataOptions& options);
/// Tars of samples: members that share a key.
std::unique_ptr<Dataset> open_tars(const std::vector<std::string>& paths,
                                   const DataOptions& options);
/// CLIP_benchmark's folder: `nshards.txt` and `0.tar`... in a split; `path` is the split or the
/// folder that holds it (`options.split`, or `test`). A sample's .txt has a caption a line, by
/// Python's rules.
std::unique_ptr<Dataset> open_clip_benchmark(const std::string& path, const DataOptions& options);
/// Pictures with all their captions: COCO's and Karpathy's JSON, Flickr's text
/// (data/annotations/captioned_pictures.h). `options.split` chooses among a file's splits.
std::unique_ptr<Dataset> open_annotated(const std::string& path, SourceKind kind,
                                        const DataOptions& options);
/// Pictures with the rows of a table beside them, as Hugging Face's image folders have them:
/// metadata.csv, .tsv, .jsonl, .ndjson or .parquet in the folder or folders below it, whose paths
/// start at the table. Null for a folder that has none with a column of captions (of labels, where
/// those are asked for), and for one whose captions stand in .txt files.
std::unique_ptr<Dataset> open_metadata_folder(const std::string& path, const FolderFiles& found,
                                              const DataOptions& options);
/// Several sources one after the other.
std::unique_ptr<Dataset> concatenate(std::vector<std::unique_ptr<Dataset>> parts);
/// The same pairs, their keys below a folder; as they are for an empty one.
std::unique_ptr<Dataset> below(std::unique_ptr<Dataset> part, const std::string& folder);

/// True when `path` is CLIP_benchmark's folder or one of its splits; `split` as in the options.
bool is_clip_benchmark(const std::string& path, const std::string& split = {});

}  // namespace clipwright::data::source
