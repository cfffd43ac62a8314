// What a data argument names: decided here for every command, with pictures and without.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
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

/// The kind that `options.type` names, or by ending and content. Throws Error(kUsage) for a type
/// that is none, Error(kInput) for a file of no known kind.
SourceKind kind_of(const std::string& path, const DataOptions& options);

bool is_folder(const std::string& path);
/// The .tar files of a folder by name.
std::vector<std::string> tars_in(const std::string& folder);
/// The files below a folder whose names are wanted, by path relative to it, sorted. Hidden files
/// and folders ("._1.jpg", ".cache") are passed over, folders that may not be opened too. Throws
/// Error(kInput) when the folder itself cannot be listed.
std::vector<std::string> files_below(const std::filesystem::path& folder,
                                     const std::function<bool(std::string_view name)>& wanted);

}  // namespace clipwright::data::source
