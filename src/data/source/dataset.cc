#include "data/source/dataset.h"

#include <filesystem>

#include "core/error.h"
#include "data/source/brace_expansion.h"
#include "data/source/source_kind.h"
#include "data/source/sources.h"

namespace clipwright::data::source {
namespace {

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

std::unique_ptr<Dataset> open_one(const std::string& path, SourceKind kind,
                                  const DataOptions& options) {
  switch (kind) {
    case SourceKind::kTars:
      return open_tars({path}, options);
    case SourceKind::kCsv:
    case SourceKind::kLaclipCsv:
      return open_csv(path, kind, options);
    case SourceKind::kJsonl:
    case SourceKind::kYfcc15m:
      return open_jsonl(path, kind, options);
    case SourceKind::kParquet:
      return open_parquet(path, options);
    case SourceKind::kFolder:
      return open_folder(path, options);
    case SourceKind::kClipBenchmark:
      return open_clip_benchmark(path, options);
    case SourceKind::kCaptionJson:
    case SourceKind::kFlickrText:
      return open_annotated(path, kind, options);
    case SourceKind::kLines:
      return open_lines(path, options);
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<Dataset> open_dataset(const DataOptions& options) {
  if (!options.pictures) return open_one(options.source, kind_of(options.source, options), options);
  // A wrong type is told before a missing file.
  if (options.type != "auto") kind_of(options.source, options);
  // A path that is there as written may hold braces itself.
  const std::vector<std::string> paths = exists(options.source)
                                             ? std::vector<std::string>{options.source}
                                             : expand_braces(options.source);
  if (paths.empty())
    fail_usage("no data source is given",
               "tars, a .csv, .tsv, .jsonl, .json, .parquet or a folder");
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
    const SourceKind kind = kind_of(path, options);
    const bool folder = is_folder(path);
    if (kind == SourceKind::kTars) {
      std::vector<std::string> found = folder ? tars_in(path) : std::vector<std::string>{path};
      if (found.empty()) fail_input(path + ": holds no .tar", "a folder of tars");
      tars.insert(tars.end(), found.begin(), found.end());
      continue;
    }
    if (folder != (kind == SourceKind::kFolder || kind == SourceKind::kClipBenchmark)) {
      fail_input(
          path + ": is a " + (folder ? "folder" : "file"),
          std::string(folder ? "a file" : "a folder") + " for --dataset-type " + options.type);
    }
    close_tars();
    parts.push_back(open_one(path, kind, options));
  }
  close_tars();
  return parts.size() == 1 ? std::move(parts[0]) : concatenate(std::move(parts));
}

}  // namespace clipwright::data::source
