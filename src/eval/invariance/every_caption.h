// A set whose pictures have several captions, a caption a row.
#pragma once

#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "eval/invariance/captions.h"

namespace clipwright::eval::invariance {

/// Every caption of every row with the row's key and picture, in their order; a row without one
/// keeps its place with an empty caption. Thread-safe for reading; `pairs` must outlive it.
class EveryCaption final : public data::source::Dataset {
 public:
  explicit EveryCaption(const data::source::Dataset& pairs);

  int64_t size() const override { return static_cast<int64_t>(captions_.size()); }
  std::string key(int64_t index) const override { return pairs_.key(row(index)); }
  std::string caption(int64_t index) const override {
    return captions_[static_cast<size_t>(index)];
  }
  data::source::ImageBytes image(int64_t index) const override { return pairs_.image(row(index)); }
  std::string describe() const override { return pairs_.describe(); }
  /// Of the set, that the caption belongs to.
  int64_t row(int64_t index) const { return rows_[static_cast<size_t>(index)]; }
  /// Whether it is the first of its row: the one that `pairs` gives when asked for one.
  bool first(int64_t index) const { return index == 0 || row(index - 1) != row(index); }

 private:
  const data::source::Dataset& pairs_;
  std::vector<std::string> captions_;
  std::vector<int64_t> rows_;
};

/// The rewrites of the files that `keep_if` keeps, by caption, a rewording a file and mode. Line k
/// of a text file belongs to the first caption of row k. Records belong to the caption that their
/// source hash names; one without a hash goes to the first caption of its key that the condition
/// keeps it for. Throws as CaptionTable::build.
std::vector<CaptionRewording> rewordings_of_files(const data::source::Dataset& pairs,
                                                  const EveryCaption& every,
                                                  const std::vector<std::string>& files,
                                                  const std::string& keep_if);

}  // namespace clipwright::eval::invariance
