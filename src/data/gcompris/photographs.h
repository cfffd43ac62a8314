// Test sets of the photographs and drawings in GCompris (Debian's package gcompris-qt-data), in
// CLIP_benchmark's layout: what anybody can evaluate on without an account or a large download
// (docs/evaluation/photographs.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace clipwright::data::gcompris {

/// Name of the package that holds the pictures.
inline constexpr const char* kPackage = "gcompris-qt-data";

struct PhotographOptions {
  std::vector<std::filesystem::path> resources;  ///< .rcc files
  std::filesystem::path copyright;               ///< of the package; empty: unknown
  std::filesystem::path output;                  ///< gets a folder a set, and README.md
};

/// The package's files below `root` ("/" once it is installed, else where it was unpacked). Throws
/// Error(kInput) that says how to install it when it is not there.
PhotographOptions find_package(const std::filesystem::path& root,
                               const std::filesystem::path& output);
/// Whether `find_package` would find it.
bool package_is_there(const std::filesystem::path& root);

struct PhotographSet {
  std::string name;  ///< of its folder
  std::string task;  ///< "zeroshot_classification" or "zeroshot_retrieval"
  int64_t pictures = 0;
  int64_t classes = 0;  ///< 0 for retrieval
  int64_t texts = 0;    ///< sentences; 0 for classification
};

struct PhotographSets {
  std::vector<PhotographSet> sets;  ///< those that the resources have pictures for
  int64_t left_out = 0;             ///< pictures and entries that could not be used
  std::vector<std::string> notes;   ///< why, a sentence each, and which credits are missing

  std::string describe() const;  ///< a line a set, and the notes
};

/// Writes OUTPUT/gcompris-{categories, titles, animals, monuments, music, retrieval, drawings}/
/// with LICENSES.txt each, and OUTPUT/README.md. Equal resources give equal bytes. Throws
/// Error(kInput) when a resource is damaged or none has pictures of these sets, Error(kInterrupted)
/// after a signal.
PhotographSets write_photographs(const PhotographOptions& options);

}  // namespace clipwright::data::gcompris
