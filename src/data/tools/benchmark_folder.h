// Writes a test set in CLIP_benchmark's webdataset layout (docs/formats/data.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/files/tar.h"

namespace clipwright::data::tools {

/// One split "test" with one shard. All its files appear with `finish`; equal calls give equal
/// bytes.
class BenchmarkFolder {
 public:
  /// Classification: pictures with a label. Templates hold "{c}".
  BenchmarkFolder(const std::filesystem::path& folder, const std::vector<std::string>& classnames,
                  const std::vector<std::string>& templates);
  /// Retrieval: pictures with captions.
  explicit BenchmarkFolder(const std::filesystem::path& folder);

  /// `picture` are the bytes of a file, `extension` ("png", "webp") says of which kind. Both give
  /// the key of the sample.
  std::string add(std::string_view picture, std::string_view extension, int label);
  /// At least one caption, without line ends in them.
  std::string add(std::string_view picture, std::string_view extension,
                  const std::vector<std::string>& captions);
  /// A file more, by its name in the folder.
  void add_file(const std::string& name, std::string contents);
  /// Number of pictures written. Throws Error(kFailed) when the disk refuses; what the folder held
  /// stays then.
  int64_t finish();

 private:
  std::string next_key();
  std::filesystem::path folder_;
  files::TarWriter tar_;
  std::vector<NamedText> texts_;
  int64_t count_ = 0;
};

}  // namespace clipwright::data::tools
