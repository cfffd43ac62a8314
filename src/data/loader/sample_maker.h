// One row of a batch: which pair stands there, its pixels and its tokens, the same on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/captions/text_slot.h"
#include "data/loader/loader.h"
#include "data/transform/transform.h"

namespace clipwright::data::loader {

/// A pair that could not be used, and why.
struct BadPair {
  int64_t index = 0;
  std::string key, reason;
};

/// Where the views of a row go: view v to the `bytes` bytes from `first + v * stride` on.
struct RowViews {
  uint8_t* first = nullptr;
  size_t bytes = 0, stride = 0;
  std::span<uint8_t> operator[](size_t view) const { return {first + view * stride, bytes}; }
};

/// What a row holds besides its pixels. Text k is ids[ends[k - 1] .. ends[k]).
struct SampleTexts {
  int64_t index = 0;
  std::vector<int32_t> ids;
  std::vector<int32_t> targets;  ///< beside `ids` up to the last masked slot
  std::vector<size_t> ends;
  std::vector<BadPair> bad;  ///< pairs that were tried before a good one was found
};

/// Makes rows; keeps decoding memory, so each thread has its own.
class SampleMaker {
 public:
  /// `texts` may be nullptr: then rows have none. All must outlive this.
  SampleMaker(const source::Dataset& dataset, const captions::TextMaker* texts,
              const LoaderOptions& options);

  /// Fills all views of a row and its `texts` with pair `index` as epoch `epoch` sees it, or with
  /// the first usable pair of an order keyed by (seed, epoch, key of the pair). False when a
  /// hundred pairs in a row cannot be used.
  bool make(int64_t index, int64_t epoch, const RowViews& chw, SampleTexts& texts);

 private:
  /// Each is empty, or why the pair cannot be used.
  std::string try_pair(int64_t index, const std::string& key, uint64_t epoch, const RowViews& chw,
                       SampleTexts& texts);
  std::string make_texts(int64_t index, const std::string& key, uint64_t epoch, SampleTexts& texts);
  std::string make_views(std::span<const std::byte> file, const std::string& key, uint64_t epoch,
                         const RowViews& chw);

  const source::Dataset& dataset_;
  const captions::TextMaker* texts_;
  const LoaderOptions& options_;
  transform::ImagePipeline pipeline_;
  std::vector<Random> draws_;      // one a view
  std::vector<uint8_t> together_;  // several views as they are made, one behind the other
};

}  // namespace clipwright::data::loader
