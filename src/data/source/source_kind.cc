#include "data/source/source_kind.h"

#include <filesystem>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/words.h"
#include "data/annotations/captioned_pictures.h"
#include "data/files/file_names.h"
#include "data/files/walk.h"
#include "data/source/csv_layout.h"
#include "data/source/sources.h"
#include "text/text_file.h"

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

[[noreturn]] void unknown_kind(const std::string& path, const DataOptions& options) {
  if (files::is_compressed_archive(path)) {
    fail_input(path + ": is compressed", "plain tars, which can be read at any place",
               files::unpacking_advice(path));
  }
  if (files::is_image_name(path)) {
    fail_input(path + ": is one picture",
               options.pictures ? "a folder of pictures, tars or a table of them"
                                : "a text of a caption a line, or a table of captions");
  }
  if (!is_folder(path)) text::text_start(MappedFile(path).text(), path);
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
  if (is_folder(path)) {
    if (is_clip_benchmark(path, options.split)) return SourceKind::kClipBenchmark;
    return files::files_in(path, "tar").empty() ? SourceKind::kFolder : SourceKind::kTars;
  }
  const std::string extension = files::lower_extension(path);
  if (extension == "tsv") return SourceKind::kCsv;
  if (extension == "jsonl" || extension == "ndjson") return SourceKind::kJsonl;
  if (extension == "parquet") return SourceKind::kParquet;
  if (extension == "csv")
    return is_laclip_table(path, options) ? SourceKind::kLaclipCsv : SourceKind::kCsv;
  if (extension == "tar") return SourceKind::kTars;
  if (extension == "json") return SourceKind::kCaptionJson;
  if (extension == "txt" && annotations::is_flickr_text(path)) return SourceKind::kFlickrText;
  if (options.pictures || files::is_compressed_archive(path) || files::is_image_name(path))
    unknown_kind(path, options);
  return SourceKind::kLines;
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::vector<std::string> tars_of(const std::string& path) {
  if (!is_folder(path)) return {path};
  std::vector<std::string> tars = files::files_in(path, "tar");
  if (!tars.empty()) return tars;
  const std::vector<std::string> compressed =
      files::files_below(path, files::is_compressed_archive);
  if (!compressed.empty()) {
    fail_input(path + ": holds no .tar, but compressed ones such as " + compressed[0],
               "plain tars, which can be read at any place",
               files::unpacking_advice(compressed[0]));
  }
  fail_input(path + ": holds no .tar", "a folder of tars");
}

}  // namespace clipwright::data::source
