#include "records/reader.h"

#include <algorithm>

#include "core/error.h"
#include "records/jsonl.h"
#include "records/parquet_reader.h"

namespace clipwright::records {

namespace fs = std::filesystem;

Form form_of(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (ending == ".txt") return Form::kLines;
  if (ending == ".jsonl" || ending == ".ndjson") return Form::kJsonl;
  if (ending == ".parquet") return Form::kParquet;
  return Form::kUnknown;
}

fs::path file_of(const fs::path& given) {
  std::error_code error;
  if (!fs::is_directory(given, error)) return given;
  fs::path inside = given / "rewrites.jsonl";
  if (fs::exists(inside, error)) return inside;
  fail_input(given.string() + ": is a folder without rewrites.jsonl",
             "the output folder of 'clipwright rewrite', or a .txt, .jsonl or .parquet file");
}

std::unique_ptr<Reader> open_reader(const fs::path& path, bool needs_source) {
  if (form_of(path) == Form::kParquet) return std::make_unique<ParquetReader>(path, needs_source);
  return std::make_unique<JsonlReader>(std::make_shared<const JsonlFile>(path));
}

}  // namespace clipwright::records
