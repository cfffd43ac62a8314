#include "data/source/dataset.h"

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "data/source/image_file.h"
#include "data/source/sources.h"

namespace clipwright::data::source {
namespace {

const std::vector<std::string> kTypes = {"auto",  "webdataset", "csv",    "laclip-csv",
                                         "jsonl", "parquet",    "folder", "clip-benchmark"};

char separator_of(const DataOptions& options, const std::string& path) {
  const std::string& given = options.csv_separator;
  if (given == "\\t" || given == "tab" || given == "\t" || lower_extension(path) == "tsv")
    return '\t';
  if (given.size() != 1 || given == "\"" || given == "\n" || given == "\r") {
    fail_usage("--csv-separator is '" + given + "'", "one character, such as , or ; or \\t");
  }
  return given[0];
}

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
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

[[noreturn]] void unknown_kind(const std::string& path) {
  const std::string extension = lower_extension(path);
  if (path.ends_with(".tar.gz") || extension == "tgz" || extension == "zst") {
    fail_input(path + ": is compressed", "plain tars, which can be read at any place",
               "Unpack it once, e.g. with gunzip.");
  }
  fail_input(path + ": is of no known kind", "a .tar, .csv, .tsv, .jsonl, .parquet or a folder",
             "Say what it is with --dataset-type.");
}

std::string detect(const std::string& path, const DataOptions& options) {
  if (is_folder(path)) {
    if (is_clip_benchmark(path)) return "clip-benchmark";
    return tars_in(path).empty() ? "folder" : "webdataset";
  }
  const std::string extension = lower_extension(path);
  if (extension == "tar") return "webdataset";
  if (extension == "tsv") return "csv";
  if (extension == "jsonl" || extension == "ndjson") return "jsonl";
  if (extension == "parquet") return "parquet";
  if (extension == "csv") {
    const bool headed =
        csv_header_names(path, separator_of(options, path), options.csv_image_key) ||
        csv_header_names(path, ',', options.csv_image_key);
    return headed ? "csv" : "laclip-csv";
  }
  unknown_kind(path);
}

/// A .csv without one tab in its header is separated by commas, whatever open_clip's default says.
char detected_separator(const std::string& path, const DataOptions& options) {
  const char separator = separator_of(options, path);
  const bool fits = csv_header_names(path, separator, options.csv_image_key);
  return !fits && options.type == "auto" && csv_header_names(path, ',', options.csv_image_key)
             ? ','
             : separator;
}

std::unique_ptr<Dataset> open_one(const std::string& path, const std::string& type,
                                  const DataOptions& options) {
  if (type == "csv") return open_csv(path, detected_separator(path, options), options);
  if (type == "laclip-csv") return open_laclip_csv(path, options);
  if (type == "jsonl") return open_jsonl(path, options);
  if (type == "parquet") return open_parquet(path, options);
  if (type == "clip-benchmark") return open_clip_benchmark(path, options);
  return open_folder(path, options);
}

}  // namespace

std::unique_ptr<Dataset> open_dataset(const DataOptions& options) {
  if (std::find(kTypes.begin(), kTypes.end(), options.type) == kTypes.end()) {
    const std::string near = nearest(options.type, kTypes);
    fail_usage("--dataset-type is '" + options.type + "'",
               "auto, webdataset, csv, laclip-csv, jsonl, parquet, folder or clip-benchmark",
               near.empty() ? "" : "Did you mean '" + near + "'?");
  }
  // A path that is there as written may hold braces itself.
  const std::vector<std::string> paths = exists(options.source)
                                             ? std::vector<std::string>{options.source}
                                             : expand_braces(options.source);
  if (paths.empty())
    fail_usage("no data source is given", "tars, a .csv, .tsv, .jsonl, .parquet or a folder");
  for (const std::string& path : paths) {
    if (!exists(path)) {
      fail_input(path + ": does not exist", "a file or folder of pictures and captions",
                 "Check the path and the range in its braces.");
    }
  }
  std::vector<std::string> tars;
  std::vector<std::unique_ptr<Dataset>> parts;
  const auto close_tars = [&] {
    if (!tars.empty()) parts.push_back(open_tars(tars, options));
    tars.clear();
  };
  for (const std::string& path : paths) {
    const std::string type = options.type == "auto" ? detect(path, options) : options.type;
    const bool folder = is_folder(path);
    if (type == "webdataset") {
      std::vector<std::string> found = folder ? tars_in(path) : std::vector<std::string>{path};
      if (found.empty()) fail_input(path + ": holds no .tar", "a folder of tars");
      tars.insert(tars.end(), found.begin(), found.end());
      continue;
    }
    if (folder != (type == "folder" || type == "clip-benchmark")) {
      fail_input(
          path + ": is a " + (folder ? "folder" : "file"),
          folder ? "a file for --dataset-type " + type : "a folder for --dataset-type " + type);
    }
    close_tars();
    parts.push_back(open_one(path, type, options));
  }
  close_tars();
  return parts.size() == 1 ? std::move(parts[0]) : concatenate(std::move(parts));
}

}  // namespace clipwright::data::source
