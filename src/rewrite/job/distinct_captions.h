// The captions of a job that can be rewritten, each text once, by their keys in
// the ledger.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "rewrite/job/job_plan.h"

namespace clipwright::rewrite::job {

/// 12 bytes of a key and where its text is: enough to tell 2^40 captions apart,
/// at 16 bytes each.
struct KeyedCaption {
  uint64_t high;
  uint32_t low, caption;
  static KeyedCaption of(const std::array<uint64_t, 2>& key, uint32_t caption) {
    return {key[0], static_cast<uint32_t>(key[1] >> 32), caption};
  }
  bool same_key(const KeyedCaption& other) const { return high == other.high && low == other.low; }
  auto operator<=>(const KeyedCaption&) const = default;
};

/// Ascending by key, the first occurrence of each text; with `keep_duplicates`
/// every occurrence, those after the first under keys of their own, listed in
/// `later`. Counts what cannot be used in `summary`. Throws Error(kInput) when
/// more than 5 % of the captions are not UTF-8 or none is usable.
std::vector<KeyedCaption> distinct_captions(const records::CaptionSource& captions, int64_t count,
                                            bool keep_duplicates, RewriteSummary& summary,
                                            std::vector<LaterOccurrence>& later);

}  // namespace clipwright::rewrite::job
