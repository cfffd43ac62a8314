#include "eval/sets/benchmark_folder.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/words.h"
#include "text/text_file.h"
#include "text/unicode/utf8.h"

namespace clipwright::eval::sets {
namespace {

/// Bytes of the line end that `text` begins with; 0 when it begins with none.
size_t line_end(std::string_view text) {
  if (text.starts_with("\r\n")) return 2;
  const auto first = static_cast<unsigned char>(text[0]);
  // Line feed, vertical tab, form feed, carriage return; file, group and record separator.
  if ((first >= 0x0A && first <= 0x0D) || (first >= 0x1C && first <= 0x1E)) return 1;
  if (text.starts_with("\u0085")) return 2;
  return text.starts_with("\u2028") || text.starts_with("\u2029") ? 3 : 0;
}

fs::path root_of(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path / "nshards.txt", ignored)
             ? fs::absolute(path).lexically_normal().parent_path()
             : path;
}

/// CLIP_benchmark looks above the splits; a list may also have been copied beside the tars.
std::optional<std::vector<std::string>> lines_of(const fs::path& root, const fs::path& split,
                                                 const char* name, const char* blank_means) {
  std::error_code ignored;
  fs::path file = root / name;
  if (!fs::is_regular_file(file, ignored)) file = split / name;
  if (!fs::is_regular_file(file, ignored)) return std::nullopt;
  std::vector<std::string> lines = stripped_lines(text::read_text(file));
  if (lines.empty()) fail_input(file.string() + ": is empty", "a line for each");
  const auto blank = std::find(lines.begin(), lines.end(), std::string());
  if (blank != lines.end()) {
    log_warning(file.string() + ", line " + std::to_string(blank - lines.begin() + 1) +
                ": is blank and counts as " + blank_means + ", as CLIP_benchmark reads it");
  }
  return lines;
}

}  // namespace

std::vector<std::string> stripped_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    size_t at = 0, end = 0;
    while (at < text.size() && (end = line_end(text.substr(at))) == 0) ++at;
    lines.emplace_back(text::unicode::trimmed(text.substr(0, at)));
    text.remove_prefix(std::min(at + end, text.size()));
  }
  return lines;
}

BenchmarkFolder read_benchmark_folder(const fs::path& path) {
  // With a slash at its end a split's parent would be the split itself.
  const fs::path given = path.has_filename() ? path : path.parent_path();
  const fs::path root = root_of(given);
  BenchmarkFolder folder;
  std::error_code ignored;
  folder.type = "classification";
  if (const fs::path file = root / "dataset_type.txt"; fs::is_regular_file(file, ignored)) {
    folder.type = ascii_lower(text::unicode::trimmed(read_file(file)));
    if (folder.type != "classification" && folder.type != "multilabel" &&
        folder.type != "retrieval") {
      fail_input(file.string() + ": says '" + folder.type.substr(0, 40) + "'",
                 "classification, multilabel or retrieval");
    }
  }
  folder.classnames = lines_of(root, given, "classnames.txt", "a class without a name");
  folder.templates =
      lines_of(root, given, "zeroshot_classification_templates.txt", "an empty prompt");
  return folder;
}

}  // namespace clipwright::eval::sets
