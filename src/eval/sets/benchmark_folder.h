// What CLIP_benchmark's folder says of its classes, read as CLIP_benchmark reads it
// (docs/formats/data.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::eval::sets {

struct BenchmarkFolder {
  std::string type;  ///< of dataset_type.txt: classification, multilabel or retrieval
  std::optional<std::vector<std::string>> classnames, templates;  ///< none without the file
};

/// The lines of a text as Python's splitlines finds them: a lone carriage return, form feeds,
/// separators and Unicode's line ends too; blank ones count, and the end of a line at the end of
/// the text starts no other. Blanks at the ends of each are dropped.
std::vector<std::string> stripped_lines(std::string_view text);

/// `path` is the folder that holds the splits, or a split. A blank line is a class without a name
/// or an empty prompt, as in CLIP_benchmark, and is warned of. Throws Error(kInput) for another
/// type.
BenchmarkFolder read_benchmark_folder(const std::filesystem::path& path);

}  // namespace clipwright::eval::sets
