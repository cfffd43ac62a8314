// The rows of an example pack's file, and everything that is wrong with them
// (docs/formats/examples.md).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::rewrite::prompt {

/// One reason why a pack cannot be used.
struct ExampleFinding {
  size_t line = 0;  ///< of the file, from 1; 0: the file as a whole
  std::string found, expected, advice;
  /// "line 7: an empty text; expected a caption in every column."
  std::string sentence() const;
};

/// A pack's file, good or not.
struct ExampleRows {
  std::vector<std::vector<std::string>> rows;  ///< without those that have findings
  std::vector<std::string> comments;           ///< without their "#"
  std::string canonical;                       ///< the good rows' bytes, whose hash names the pack
  std::vector<ExampleFinding> findings;        ///< in the order of the lines
};

/// Reads a TSV and checks it: columns, arrow, control characters, lengths, repeats, copies, count.
/// Throws Error(kInput) when the file cannot be read.
ExampleRows read_example_rows(const std::filesystem::path& path);
ExampleRows parse_example_rows(std::string_view contents);

/// What is wrong with one text of a pack; empty when nothing is.
ExampleFinding check_example_text(const std::string& text);

}  // namespace clipwright::rewrite::prompt
