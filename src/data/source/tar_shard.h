// One webdataset shard: which members make up each sample, in 40 bytes a sample.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/source/skipped.h"

namespace clipwright::data::source {

/// Where a sample's members lie. Members start on 512-byte blocks, so a block number finds them in
/// archives up to 2 TiB.
struct TarSample {
  uint64_t key = 0;  ///< offset of the key in the shard's arena
  uint32_t image_block = 0, image_size = 0;
  uint32_t text_block = 0, text_size = 0;  ///< the .txt member, if it says anything
  uint32_t json_block = 0, json_size = 0;  ///< the .json member
  int32_t label = -1;                      ///< of the .cls member
};

/// Where the .npy member of a sample with several classes lies.
struct TarVector {
  uint32_t block = 0, size = 0;
};

struct TarShard {
  std::vector<TarSample> samples;
  std::vector<TarVector> vectors;  ///< one a sample, or none when no sample has one
  std::string keys;                ///< each ends with a NUL
  std::string damage;  ///< what is wrong with the archive after the samples that were found
  int64_t hidden = 0;  ///< members that were passed over (data/files/file_names.h)
  Skipped skipped;

  std::string_view key(size_t sample) const { return keys.c_str() + samples[sample].key; }
};

/// Groups members into samples (data/files/tar_samples.h). A sample needs a picture (the first of
/// files::picture_endings that is there) and a text (.txt, a caption in .json), a label (.cls, a
/// whole number) or, where `labels` are asked for, a vector of them (.npy).
TarShard index_shard(std::string_view archive, const std::string& name, bool labels = false);

/// The captions in a sample's JSON member (`caption`, else `captions`: a text or a list), read as
/// Python's json reads it. Never throws.
std::vector<std::string> json_captions(std::string_view json);

}  // namespace clipwright::data::source
