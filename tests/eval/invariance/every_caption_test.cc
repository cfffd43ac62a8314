#include "eval/invariance/every_caption.h"

#include <gtest/gtest.h>

#include "core/hash.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval::invariance {
namespace {

using Strings = std::vector<std::string>;

/// Three pictures, two of them with two captions.
class SeveralCaptions : public testing::Test {
 protected:
  SeveralCaptions() {
    fs::create_directories(folder_ / "set");
    for (const auto& [name, captions] : {std::pair("10_0", "a green wall\nsome bricks\n"),
                                         std::pair("2_0", "a red wall\n\n  two windows \n"),
                                         std::pair("green_pear_0", "a pear\n")}) {
      const std::string place = folder_ / ("set/" + std::string(name));
      fs::copy_file(kGoldenEval / "pictures" / (std::string(name) + ".png"), place + ".png");
      write_file(place + ".txt", captions);
    }
    pairs_ = data::source::open_dataset({.source = folder_ / "set"});
    every_ = std::make_unique<EveryCaption>(*pairs_);
  }
  /// A line of rewrites.jsonl; `source` empty: without a hash.
  static std::string record(const std::string& key, const std::string& source,
                            const std::string& text) {
    Json json = {{"key", key}, {"mode", "m"}, {"text", text}, {"status", "accepted"}};
    if (!source.empty()) json["source_sha256"] = hex(sha256(source));
    return json.dump() + "\n";
  }

  TemporaryFolder folder_;
  std::unique_ptr<data::source::Dataset> pairs_;
  std::unique_ptr<EveryCaption> every_;
};

TEST_F(SeveralCaptions, AreARowEach) {
  ASSERT_EQ(every_->size(), 5);
  Strings captions, keys;
  std::vector<bool> first;
  for (int64_t i = 0; i < 5; ++i) {
    captions.push_back(every_->caption(i));
    keys.push_back(every_->key(i));
    first.push_back(every_->first(i));
  }
  EXPECT_EQ(captions,
            (Strings{"a green wall", "some bricks", "a red wall", "two windows", "a pear"}));
  EXPECT_EQ(keys, (Strings{"10_0.png", "10_0.png", "2_0.png", "2_0.png", "green_pear_0.png"}));
  EXPECT_EQ(first, (std::vector<bool>{true, false, true, false, true}));
}

TEST_F(SeveralCaptions, AllAskForTheirPicture) {
  const lexicon::WordNet no_wordnet{folder_.path()};
  const audit::calibration::Corruption corruption(no_wordnet, 1);
  const InvarianceOutcome outcome = caption_invariance(
      *tiny_clip(), *every_,
      {{"hand", {"the wall is green", "bricks", "the wall is red", "windows", "one pear"}}},
      corruption);
  EXPECT_EQ(outcome.pictures, 3);
  EXPECT_EQ(outcome.texts, 5);
  EXPECT_EQ(outcome.rewordings[0].texts, 5);
  EXPECT_EQ(outcome.rewordings[0].directions[0].agreement.queries, 5);
  EXPECT_EQ(outcome.rewordings[0].directions[1].agreement.queries, 3);
}

TEST_F(SeveralCaptions, RecordsBelongToTheCaptionOfTheirHash) {
  write_file(folder_ / "r.jsonl", record("10_0.png", "some bricks", "a few bricks") +
                                      record("2_0.png", {}, "walls in red") +
                                      record("green_pear_0.png", "a pear", "one pear"));
  const auto found = rewordings_of_files(*pairs_, *every_, {folder_ / "r.jsonl"}, {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].name, "rewrite:m");
  EXPECT_EQ(found[0].texts, (Strings{"", "a few bricks", "walls in red", "", "one pear"}));
}

TEST_F(SeveralCaptions, LinesBelongToTheFirstOfEachRow) {
  write_file(folder_ / "m.txt", "the wall is green\nthe wall is red\none pear\n");
  write_file(folder_ / "r.jsonl", record("10_0.png", "some bricks", "a few bricks"));
  const auto found =
      rewordings_of_files(*pairs_, *every_, {folder_ / "m.txt", folder_ / "r.jsonl"}, {});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].texts, (Strings{"the wall is green", "", "the wall is red", "", "one pear"}));
  // Both files are of mode m.
  EXPECT_EQ(found[0].name, "rewrite:m");
  EXPECT_EQ(found[1].name, "rewrite:m#2");
}

}  // namespace
}  // namespace clipwright::eval::invariance
