// Any source into webdataset tars, or into one table of texts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "data/captions/caption_table.h"
#include "data/source/dataset.h"

namespace clipwright::data::tools {

struct PackOptions {
  std::filesystem::path folder;  ///< takes 00000.tar, 00001.tar, ... and sizes.json
  int64_t samples_per_tar = 10'000;
};

struct PackResult {
  int64_t tars = 0, samples = 0, skipped = 0;
  int64_t rare = 0;  ///< pictures that not every reader of tars looks for: GIF, BMP, TIFF
};

/// Throws Error(kUsage) when a tar would hold no sample, or when the folder holds tars or a
/// sizes.json already: those of a longer run would stay and be trained on with the new ones.
void check_pack_options(const PackOptions& options);

/// Writes each pair as 000000000.jpg (.png, ..., .tif: the bytes as they are), .txt (its caption,
/// all of which a tar's reader takes), .cls when it has a label, and .json with "key", "caption",
/// "captions" when there are several, and its rewrites under their slot names, which open_clip's
/// --json-text-key reads. All tars appear, or none; the same data gives the same bytes.
/// Unreadable pictures are skipped with a warning. Throws Error(kUsage) as check_pack_options does,
/// Error(kFailed) when the disk refuses, Error(kInterrupted).
PackResult pack(const source::Dataset& dataset, const captions::CaptionTable* captions,
                const PackOptions& options);

/// Writes a line of JSON for each pair: {"key", "raw", "rewrite:<mode>": ...}, texts that are
/// missing left out.
void join_texts(const source::Dataset& dataset, const captions::CaptionTable& captions,
                const std::function<void(std::string_view)>& write);

}  // namespace clipwright::data::tools
