// A pack from any table of captions and rewrites: cleaned, sampled, checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rewrite/examples/example_draft.h"

namespace clipwright::rewrite::examples {

struct ExampleTableOptions {
  /// Columns to take, by the names in the header or as "#1" in a table without one; empty: all
  /// columns of a table without a header.
  std::vector<std::string> columns;
  size_t count = 0;  ///< rows to draw, keyed by the seed; 0: all
  uint64_t seed = 0;
};

struct ExamplesFromTable {
  ExampleDraft draft;
  std::vector<prompt::ExampleFinding> refused;  ///< rows that cannot be in a pack
};

/// Reads tab-separated text. Blanks are put in order; rows that break a rule are left out and told.
/// Throws Error(kInput) when the file cannot be read or lacks a column, Error(kUsage) for one
/// column only.
ExamplesFromTable examples_from_table(const std::filesystem::path& table,
                                      const ExampleTableOptions& options);

}  // namespace clipwright::rewrite::examples
