// What a data argument names: decided here for every command, with pictures and without.
#pragma once

#include <string>
#include <vector>

#include "data/source/dataset.h"

namespace clipwright::data::source {

enum class SourceKind {
  kTars,
  kCsv,
  kLaclipCsv,
  kJsonl,
  kYfcc15m,  ///< JSONL by the rules of YFCC15M-V2's readers
  kParquet,
  kFolder,
  kClipBenchmark,
  kCaptionJson,  ///< pictures with all their captions: COCO's, Karpathy's
  kFlickrText,   ///< `picture.jpg,caption` a line
  kLines,        ///< a caption a line; never with pictures
};

/// What `options.type` may be: "auto", then a name for each kind that can be named.
const std::vector<std::string>& dataset_types();

/// The kind that `options.type` names, or by ending and content: the same with pictures and
/// without, except that a text which is nothing else is a caption a line where no pictures are
/// wanted. Throws Error(kUsage) for a type that is none, Error(kInput) for a file of no known kind.
SourceKind kind_of(const std::string& path, const DataOptions& options);

bool is_folder(const std::string& path);

/// The tars of a source of tars: the file itself, or those of a folder by name. Throws
/// Error(kInput) when a folder holds none.
std::vector<std::string> tars_of(const std::string& path);

}  // namespace clipwright::data::source
