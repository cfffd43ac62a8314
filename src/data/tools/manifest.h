// A manifest: what each pair is, to the byte, so that two copies of a data set can be compared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "data/source/dataset.h"

namespace clipwright::data::tools {

/// Writes a line of JSON for each pair: {"key", "image_sha256", "image_bytes", "caption_sha256",
/// "label" when there is one}; a picture that cannot be read has "error" instead of its hash.
/// Returns the count of such pictures.
int64_t write_manifest(const source::Dataset& dataset,
                       const std::function<void(std::string_view)>& write);

/// How two manifests differ.
struct ManifestDifference {
  int64_t same = 0, only_first = 0, only_second = 0, other_image = 0, other_caption = 0;
  std::vector<std::string> examples;  ///< the first few differences, a sentence each
  bool equal() const { return only_first + only_second + other_image + other_caption == 0; }
};

/// Compares by key (a repeated key by its occurrence). Throws Error(kInput) when a file is no
/// manifest.
ManifestDifference compare_manifests(const std::filesystem::path& first,
                                     const std::filesystem::path& second);

}  // namespace clipwright::data::tools
