// Writes a test set in CLIP_benchmark's webdataset layout (docs/formats/data.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/files/tar.h"

namespace clipwright::demo::pictures {

/// One split "test" with one shard. Complete once `finish` has returned.
class BenchmarkFolder {
 public:
  /// Classification: pictures with a label. Templates hold "{c}".
  BenchmarkFolder(const std::filesystem::path& folder, const std::vector<std::string>& classnames,
                  const std::vector<std::string>& templates);
  /// Retrieval: pictures with captions.
  explicit BenchmarkFolder(const std::filesystem::path& folder);

  void add(std::string_view png, int label);
  void add(std::string_view png, const std::vector<std::string>& captions);
  /// Number of pictures written.
  int64_t finish();

 private:
  std::string next_key();
  std::filesystem::path folder_;
  data::files::TarWriter tar_;
  int64_t count_ = 0;
};

}  // namespace clipwright::demo::pictures
