// An example pack in the making: its rows, how they came to be, and the file they are kept in
// (docs/formats/examples.md).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rewrite/prompt/example_rows.h"

namespace clipwright::rewrite::examples {

struct ExampleDraft {
  /// How the rows were made, as comments at the top of the file: {"made", "chat"}, {"seed", "0"}.
  std::vector<std::pair<std::string, std::string>> provenance;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> skipped;  ///< captions that a person passed over

  /// Reads a file that may hold fewer rows than a pack needs. Throws Error(kInput) naming the line
  /// of a bad row, or when the file is of a later version.
  static ExampleDraft read(const std::filesystem::path& path);
  /// The file appears whole or stays as it was. Throws Error(kFailed) when the disk refuses.
  void write(const std::filesystem::path& path) const;
  std::string contents() const;

  /// Why a row of caption and rewrite cannot join; nothing found when it can.
  prompt::ExampleFinding check(const std::string& source, const std::string& rewrite) const;
  /// Sets or replaces a line of the provenance.
  void note(std::string_view name, std::string_view value);
  /// True when some row holds the text.
  bool holds(std::string_view text) const;
};

/// Today's date in UTC, "2025-01-31".
std::string today();

}  // namespace clipwright::rewrite::examples
