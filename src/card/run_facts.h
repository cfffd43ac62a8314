// What a run's folder says of the run: settings, data, machine, starting weights, rewrites and what
// made them. Whatever is not there stays open and is named; nothing is guessed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"

namespace clipwright::card {

/// Rewrites of one mode that a run was given, and what made them.
struct RewriteSource {
  std::string file;  ///< as config.toml names it
  std::string mode;  ///< "chatgpt"; empty: the file's own records tell
  Json recipe;       ///< its description in recipes.json (docs/formats/rewrites.md); null: unknown
};

struct RunFacts {
  std::filesystem::path folder;
  Json settings;        ///< config.toml by section and name
  Json record;          ///< run.json; null: there is none
  Json trajectory;      ///< of the newest checkpoint; null: there is none
  std::string machine;  ///< of the newest checkpoint
  std::vector<RewriteSource> rewrites;
  std::vector<std::string> unknown;  ///< sentences: what was looked for and is not there

  /// A setting, or null.
  const Json& setting(const std::string& section, const std::string& name) const;
  /// The same where it is a text, else empty.
  std::string text(const std::string& section, const std::string& name) const;
  /// Whether training began with drawn weights, as far as is known.
  bool from_scratch() const;
  /// Weights that training began with, as the settings name them; empty: drawn, or not known.
  std::string start() const;
};

/// A text or a whole number of an object; empty and -1 where there is none.
std::string text_of(const Json& object, const std::string& key);
int64_t count_of(const Json& object, const std::string& key);

/// Whether `folder` is a run's: it has config.toml.
bool is_run_folder(const std::filesystem::path& folder);

/// Throws Error(kInput) for a config.toml that is none. Whatever else is missing or cannot be read
/// is one of `unknown`.
RunFacts read_run_facts(const std::filesystem::path& folder);

}  // namespace clipwright::card
