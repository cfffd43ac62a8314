// A keyed draw of captions that may stand in an example pack.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

#include "core/random.h"
#include "records/caption_source.h"

namespace clipwright::rewrite::examples {

/// Gives captions in an order decided by the seed, each text once, passing over those that no pack
/// may hold or that have fewer than three words. Reads only what it gives.
class ExampleSample {
 public:
  /// `captions` must outlive the sample. Throws Error(kInput) when there are none.
  ExampleSample(const records::CaptionSource& captions, uint64_t seed);

  /// The next caption on one line; empty when there are no more.
  std::optional<std::string> next();
  /// Its key: the picture's path where the source knows it.
  std::string key() const;

 private:
  const records::CaptionSource& captions_;
  Permutation order_;
  int64_t at_ = 0;
  std::unordered_set<std::string> given_;
};

}  // namespace clipwright::rewrite::examples
