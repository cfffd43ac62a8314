// One row of a batch: which pair stands there, its pixels and its tokens, the same on any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/loader/loader.h"

namespace clipwright::data::loader {

/// A pair that could not be used, and why.
struct BadPair {
  int64_t index = 0;
  std::string key, reason;
};

/// What a row holds besides its pixels. Text k is ids[ends[k - 1] .. ends[k]).
struct SampleTexts {
  int64_t index = 0;
  std::vector<int32_t> ids;
  std::vector<size_t> ends;
  std::vector<BadPair> bad;  ///< pairs that were tried before a good one was found
};

/// Makes rows; keeps decoding memory, so each thread has its own.
class SampleMaker {
 public:
  SampleMaker(const source::Dataset& dataset, const captions::CaptionTable* captions,
              const LoaderOptions& options);

  /// Fills `chw` and `texts` with pair `index` as epoch `epoch` sees it, or with the first usable
  /// pair of an order keyed by (seed, epoch, key of the pair). False when a hundred pairs in a row
  /// cannot be used.
  bool make(int64_t index, int64_t epoch, std::span<uint8_t> chw, SampleTexts& texts);

 private:
  /// Empty, or why the pair cannot be used.
  std::string try_pair(int64_t index, const std::string& key, uint64_t epoch,
                       std::span<uint8_t> chw, SampleTexts& texts);

  const source::Dataset& dataset_;
  const captions::CaptionTable* captions_;
  const LoaderOptions& options_;
  transform::ImagePipeline pipeline_;
};

}  // namespace clipwright::data::loader
