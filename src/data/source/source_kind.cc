#include "data/source/source_kind.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/words.h"
#include "data/annotations/captioned_pictures.h"
#include "data/source/csv_layout.h"
#include "data/source/image_file.h"
#include "data/source/sources.h"

namespace clipwright::data::source {

namespace fs = std::filesystem;

namespace {

const std::vector<std::pair<std::string, SourceKind>> kTypes = {
    {"webdataset", SourceKind::kTars},
    {"csv", SourceKind::kCsv},
    {"laclip-csv", SourceKind::kLaclipCsv},
    {"jsonl", SourceKind::kJsonl},
    {"yfcc15m", SourceKind::kYfcc15m},
    {"parquet", SourceKind::kParquet},
    {"folder", SourceKind::kFolder},
    {"clip-benchmark", SourceKind::kClipBenchmark},
    {"caption-json", SourceKind::kCaptionJson},
    {"flickr-text", SourceKind::kFlickrText}};

SourceKind named_kind(const std::string& type) {
  for (const auto& [name, kind] : kTypes) {
    if (name == type) return kind;
  }
  const std::string near = nearest(type, dataset_types());
  fail_usage("--dataset-type is '" + type + "'", listed(dataset_types(), " or "),
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

[[noreturn]] void unknown_kind(const std::string& path) {
  const std::string extension = lower_extension(path);
  if (path.ends_with(".tar.gz") || extension == "tgz" || extension == "zst") {
    fail_input(path + ": is compressed", "plain tars, which can be read at any place",
               "Unpack it once, e.g. with gunzip.");
  }
  fail_input(path + ": is of no known kind",
             "a .tar, .csv, .tsv, .jsonl, .json, .parquet, Flickr's .txt or a folder",
             "Say what it is with --dataset-type.");
}

}  // namespace

const std::vector<std::string>& dataset_types() {
  static const std::vector<std::string> types = [] {
    std::vector<std::string> names = {"auto"};
    for (const auto& [name, kind] : kTypes) names.push_back(name);
    return names;
  }();
  return types;
}

SourceKind kind_of(const std::string& path, const DataOptions& options) {
  if (options.type != "auto") return named_kind(options.type);
  if (options.pictures && is_folder(path)) {
    if (is_clip_benchmark(path, options.split)) return SourceKind::kClipBenchmark;
    return tars_in(path).empty() ? SourceKind::kFolder : SourceKind::kTars;
  }
  const std::string extension = lower_extension(path);
  if (extension == "tsv") return SourceKind::kCsv;
  if (extension == "jsonl" || extension == "ndjson") return SourceKind::kJsonl;
  if (extension == "parquet") return SourceKind::kParquet;
  if (extension == "csv") {
    return !options.pictures || has_named_pictures(path, options) ? SourceKind::kCsv
                                                                  : SourceKind::kLaclipCsv;
  }
  if (!options.pictures) return SourceKind::kLines;
  if (extension == "tar") return SourceKind::kTars;
  if (extension == "json") return SourceKind::kCaptionJson;
  if (extension == "txt" && annotations::is_flickr_text(path)) return SourceKind::kFlickrText;
  unknown_kind(path);
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::vector<std::string> tars_in(const std::string& folder) {
  std::vector<std::string> tars;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".tar") tars.push_back(at->path().string());
  }
  std::sort(tars.begin(), tars.end());
  return tars;
}

std::vector<std::string> files_below(const fs::path& folder,
                                     const std::function<bool(std::string_view name)>& wanted) {
  std::error_code error;
  std::vector<std::string> files;
  // Folders below may be closed; a root that is would look empty.
  const fs::directory_iterator root(folder, error);
  fs::recursive_directory_iterator at, end;
  if (!error)
    at = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied,
                                          error);
  for (; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code ignored;
    if (name[0] == '.') {
      if (at->is_directory(ignored)) at.disable_recursion_pending();
      continue;
    }
    if (wanted(name) && !at->is_directory(ignored))
      files.push_back(at->path().lexically_relative(folder).string());
  }
  if (error) {
    fail_input(folder.string() + ": cannot be listed (" + error.message() + ")",
               "a folder of pictures");
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace clipwright::data::source
