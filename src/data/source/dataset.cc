#include "data/source/dataset.h"

#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "core/process/mapped_memory.h"
#include "data/files/file_names.h"
#include "data/source/brace_expansion.h"
#include "data/source/source_kind.h"
#include "data/source/sources.h"

namespace clipwright::data::source {
namespace {

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
    case SourceKind::kFolder: {
      FolderFiles found = list_folder(path);
      if (auto rows = open_metadata_folder(path, found, options)) return rows;
      return open_folder(path, std::move(found), options);
    }
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

/// Rows of captions alone are lines of rewrite files, and named columns are those of one table.
void check_captions_alone(const DataOptions& options, const std::vector<std::string>& paths) {
  bool tars = true;
  for (const std::string& path : paths) {
    const SourceKind kind = kind_of(path, options);
    tars = tars && kind == SourceKind::kTars;
    const bool table = kind == SourceKind::kCsv || kind == SourceKind::kLaclipCsv ||
                       kind == SourceKind::kJsonl || kind == SourceKind::kYfcc15m ||
                       kind == SourceKind::kParquet || kind == SourceKind::kLines;
    if (!table && (!options.caption_column.empty() || !options.key_column.empty())) {
      fail_usage(path + " has no columns",
                 "--caption-column and --key-column with a .csv, .tsv, .jsonl or .parquet");
    }
  }
  if (paths.size() > 1 && !tars) {
    fail_usage("'" + options.source + "' names " + with_commas(static_cast<int64_t>(paths.size())) +
                   " files",
               "one table, or one text of a caption a line", "Join them first, e.g. with cat.");
  }
}

/// What lies beside the tars that are read and looks as if it should be read too.
void tell_unread(const std::string& folder) {
  std::error_code error;
  int64_t compressed = 0;
  std::string example;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!files::is_compressed_archive(name) || files::is_hidden(name)) continue;
    if (++compressed == 1 || name < example) example = name;
  }
  if (compressed > 0) {
    log_warning(folder + ": " + with_commas(compressed) + " compressed archives such as " +
                example + " are not read beside its tars. " + files::unpacking_advice(example));
  }
}

}  // namespace

std::unique_ptr<Dataset> open_dataset(const DataOptions& options) {
  // A wrong type is told before a missing file.
  if (options.type != "auto") kind_of(options.source, options);
  const std::vector<std::string> paths = expand_paths(options.source);
  if (paths.empty())
    fail_usage("no data source is given",
               "tars, a .csv, .tsv, .jsonl, .json, .parquet or a folder");
  for (const std::string& path : paths) check_exists(path);
  if (!options.pictures) check_captions_alone(options, paths);
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
      const std::vector<std::string> found = tars_of(path);
      if (folder) tell_unread(path);
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
  check_mapped_files();
  return concatenate(std::move(parts));
}

}  // namespace clipwright::data::source
