#include "data/captions/hidden_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "text/bpe/tokenizer.h"

namespace clipwright::data::captions {
namespace {

using testing::Each;
using text::bpe::kEndToken;
using text::bpe::kStartToken;

/// Start, words 100 .. 100 + count, end.
std::vector<int32_t> text_of(int32_t count) {
  std::vector<int32_t> ids(static_cast<size_t>(count) + 2, kStartToken);
  std::iota(ids.begin() + 1, ids.end() - 1, 100);
  ids.back() = kEndToken;
  return ids;
}

/// Within five standard deviations of `chance` times `of`.
void expect_share(int64_t count, int64_t of, double chance, const std::string& what) {
  const double expected = chance * static_cast<double>(of);
  EXPECT_NEAR(static_cast<double>(count), expected, 5 * std::sqrt(expected * (1 - chance))) << what;
}

TEST(HiddenWords, PicksAndFatesComeInTheirShares) {
  const Masking masking;
  const std::vector<int32_t> whole = text_of(40);
  int64_t words = 0, picked = 0, hidden = 0, drawn = 0, same = 0, low = 0;
  for (uint64_t epoch = 0; epoch < 2500; ++epoch) {
    std::vector<int32_t> ids = whole, targets(ids.size(), 7);
    Random random(1, "mask", epoch, "k");
    hide_words(masking, random, ids, targets);
    ASSERT_EQ(ids.front(), kStartToken);
    ASSERT_EQ(ids.back(), kEndToken);
    ASSERT_EQ(targets.front(), kNotHidden);
    ASSERT_EQ(targets.back(), kNotHidden);
    for (size_t i = 1; i + 1 < ids.size(); ++i) {
      ++words;
      if (targets[i] == kNotHidden) {
        ASSERT_EQ(ids[i], whole[i]) << "only picked words change";
        continue;
      }
      ++picked;
      ASSERT_EQ(targets[i], whole[i]);
      if (ids[i] == masking.mask) {
        ++hidden;
      } else if (ids[i] == whole[i]) {
        ++same;
      } else {
        ++drawn;
        ASSERT_GE(ids[i], 0);
        ASSERT_LT(ids[i], kStartToken) << "neither start nor end nor the mask is drawn";
        low += ids[i] < kStartToken / 4;
      }
    }
  }
  ASSERT_EQ(words, 100'000);
  expect_share(picked, words, 0.15, "picked");
  expect_share(hidden, picked, 0.8, "hidden behind the mask");
  expect_share(drawn, picked, 0.1, "another word");
  expect_share(same, picked, 0.1, "left as they are");
  expect_share(low, drawn, 0.25, "of the first quarter of the vocabulary");
}

TEST(HiddenWords, EveryWordOfTheVocabularyIsDrawnAndNothingElse) {
  const Masking masking = {.chance = 1, .masked = 0, .drawn = 1, .mask = 9, .vocabulary = 5};
  std::vector<int> seen(5);
  std::vector<int32_t> ids(10'002, 3), targets(ids.size());
  ids.front() = 5;
  ids.back() = 6;
  Random random(1, "mask", 0, "k");
  hide_words(masking, random, ids, targets);
  EXPECT_EQ(ids.front(), 5);
  EXPECT_EQ(ids.back(), 6);
  for (size_t i = 1; i + 1 < ids.size(); ++i) {
    ASSERT_TRUE(ids[i] >= 0 && ids[i] < 5) << ids[i];
    ASSERT_EQ(targets[i], 3);
    ++seen[static_cast<size_t>(ids[i])];
  }
  for (const int count : seen) expect_share(count, 10'000, 0.2, "each of five words");
}

TEST(HiddenWords, TheEndOfACutTextAndSpelledSpecialsAreNeverPicked) {
  const auto& tokenizer = text::bpe::Tokenizer::standard();
  std::string long_text;
  for (int i = 0; i < 100; ++i) long_text += "dog ";
  const Masking all = {.chance = 1, .masked = 1, .drawn = 0};
  std::vector<int32_t> ids = tokenizer.encode(long_text, 16), targets(ids.size());
  ASSERT_EQ(ids.size(), 16u);
  Random random(1, "mask", 0, "k");
  hide_words(all, random, ids, targets);
  EXPECT_EQ(ids.front(), kStartToken);
  EXPECT_EQ(ids.back(), kEndToken);
  EXPECT_THAT(std::vector(ids.begin() + 1, ids.end() - 1), Each(all.mask));

  ids = {kStartToken, 320, kEndToken, kStartToken, 320, kEndToken};
  targets.assign(ids.size(), 0);
  hide_words(all, random, ids, targets);
  EXPECT_EQ(ids, (std::vector<int32_t>{kStartToken, all.mask, kEndToken, kStartToken, all.mask,
                                       kEndToken}));
  EXPECT_EQ(targets, (std::vector<int32_t>{-1, 320, -1, -1, 320, -1}));
}

TEST(HiddenWords, ATextWithoutWordsStaysAsItIs) {
  const Masking all = {.chance = 1};
  for (const std::vector<int32_t>& empty :
       {std::vector<int32_t>{kStartToken, kEndToken}, std::vector<int32_t>{kEndToken}, {}}) {
    std::vector<int32_t> ids = empty, targets(ids.size());
    Random random(1, "mask", 0, "k");
    hide_words(all, random, ids, targets);
    EXPECT_EQ(ids, empty);
    EXPECT_THAT(targets, Each(kNotHidden));
  }
}

TEST(HiddenWords, WithoutAChanceNothingIsHidden) {
  std::vector<int32_t> ids = text_of(50), targets(ids.size());
  Random random(1, "mask", 0, "k");
  hide_words({.chance = 0}, random, ids, targets);
  EXPECT_EQ(ids, text_of(50));
  EXPECT_THAT(targets, Each(kNotHidden));
}

}  // namespace
}  // namespace clipwright::data::captions
