// The pairs that the demo trains on and the sets it tests on: composed scenes, or the user's own
// data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "demo/pictures/scene_set.h"
#include "demo/story/test_sets.h"
#include "records/caption_source.h"

namespace clipwright::demo::story {

struct DemoData {
  std::string title;  ///< for people
  std::shared_ptr<const data::source::Dataset> train;
  TestSets tests;
  std::vector<nouns::ObjectClass> classes;  ///< of the scenes; empty for own data
  std::string digest;                       ///< of keys and captions, for markers
};

/// The scenes with their five test sets.
DemoData open_scenes(const pictures::SceneSet& scenes);

/// Adds the photographs of the package gcompris-qt-data below `root` as a question, written into
/// `folder` in CLIP_benchmark's layout. Returns a sentence about them, or, without the package, how
/// to get it. Throws Error(kInput) when the package is damaged.
std::string add_photographs(TestSets& tests, const std::filesystem::path& root,
                            const std::filesystem::path& folder);

/// Any source of data/source/dataset.h. Every tenth pair (1,000 at most, drawn by `seed`) is held
/// out and searched by its caption; of several captions the first counts. When the pairs lie in two
/// or more folders, these are also classes to tell apart. Throws Error(kInput) when there are too
/// few pairs to train on.
DemoData open_own_data(const std::string& source, uint64_t seed);

/// The different captions of a set in the order in which they first occur.
class DistinctCaptions final : public records::CaptionSource {
 public:
  /// `limit` 0: all.
  DistinctCaptions(const data::source::Dataset& dataset, int64_t limit);
  int64_t size() const override { return static_cast<int64_t>(texts_.size()); }
  /// No key of any pair, so that rewrites are joined by their source and reach every pair with the
  /// caption.
  std::string key(int64_t index) const override { return "caption " + std::to_string(index); }
  std::string caption(int64_t index) const override { return texts_[static_cast<size_t>(index)]; }

 private:
  std::vector<std::string> texts_;
};

}  // namespace clipwright::demo::story
