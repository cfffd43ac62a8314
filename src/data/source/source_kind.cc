#include "data/source/source_kind.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "data/source/csv_layout.h"
#include "data/source/image_file.h"
#include "data/source/sources.h"

namespace clipwright::data::source {
namespace {

const std::vector<std::pair<std::string, SourceKind>> kTypes = {
    {"webdataset", SourceKind::kTars},
    {"csv", SourceKind::kCsv},
    {"laclip-csv", SourceKind::kLaclipCsv},
    {"jsonl", SourceKind::kJsonl},
    {"parquet", SourceKind::kParquet},
    {"folder", SourceKind::kFolder},
    {"clip-benchmark", SourceKind::kClipBenchmark}};

SourceKind named_kind(const std::string& type) {
  std::vector<std::string> names = {"auto"};
  for (const auto& [name, kind] : kTypes) {
    if (name == type) return kind;
    names.push_back(name);
  }
  const std::string near = nearest(type, names);
  fail_usage("--dataset-type is '" + type + "'",
             "auto, webdataset, csv, laclip-csv, jsonl, parquet, folder or clip-benchmark",
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

[[noreturn]] void unknown_kind(const std::string& path) {
  const std::string extension = lower_extension(path);
  if (path.ends_with(".tar.gz") || extension == "tgz" || extension == "zst") {
    fail_input(path + ": is compressed", "plain tars, which can be read at any place",
               "Unpack it once, e.g. with gunzip.");
  }
  fail_input(path + ": is of no known kind", "a .tar, .csv, .tsv, .jsonl, .parquet or a folder",
             "Say what it is with --dataset-type.");
}

}  // namespace

SourceKind kind_of(const std::string& path, const DataOptions& options) {
  if (options.type != "auto") return named_kind(options.type);
  if (options.pictures && is_folder(path)) {
    if (is_clip_benchmark(path)) return SourceKind::kClipBenchmark;
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
  unknown_kind(path);
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

std::vector<std::string> tars_in(const std::string& folder) {
  std::vector<std::string> tars;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".tar") tars.push_back(at->path().string());
  }
  std::sort(tars.begin(), tars.end());
  return tars;
}

bool is_hidden(std::string_view file_name) { return file_name.starts_with('.'); }

}  // namespace clipwright::data::source
