#include "data/captions/rewrite_join.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "core/error.h"
#include "core/hash.h"

namespace clipwright::data::captions {
namespace {

using testing::HasSubstr;

/// Counts how often it is asked.
class Counted final : public source::Dataset {
 public:
  Counted(std::vector<std::string> keys, std::vector<std::string> captions)
      : keys_(std::move(keys)), captions_(std::move(captions)) {}
  int64_t size() const override { return static_cast<int64_t>(captions_.size()); }
  std::string key(int64_t i) const override {
    ++asked;
    return keys_[static_cast<size_t>(i)];
  }
  std::string caption(int64_t i) const override {
    ++asked;
    return captions_[static_cast<size_t>(i)];
  }
  source::ImageBytes image(int64_t) const override { return {}; }
  std::string describe() const override { return "counted"; }
  mutable std::atomic<int64_t> asked = 0;

 private:
  std::vector<std::string> keys_, captions_;
};

RewriteRow row(const std::string& key, const std::string& source, uint64_t place,
               double score = 1) {
  RewriteRow row;
  row.record = {.key = key,
                .mode = "human",
                .source_sha256 = source.empty() ? std::string() : hex(sha256(source)),
                .text = "told anew",
                .scores = {.values = {{"audit", score}}, .flags = {{}}}};
  row.place = place;
  row.row = static_cast<int64_t>(place) + 1;
  return row;
}

RewriteJoin join(const source::Dataset& data, const std::vector<RewriteRow>& rows,
                 const std::string& condition = {}) {
  return join_rewrites("r.jsonl", data, KeepCondition::parse(condition),
                       [&](const std::function<void(const RewriteRow&)>& use) {
                         for (const RewriteRow& one : rows) use(one);
                       });
}

using Places = std::vector<uint64_t>;
constexpr uint64_t kNone = kNoText;

TEST(RewriteJoin, AHundredThousandCopiesOfACaptionAreJoinedInTheTimeOfOthers) {
  constexpr int64_t kCopies = 100'000;
  const std::vector<std::string> captions(kCopies, "untitled");
  std::vector<std::string> keys, one_key(kCopies, "0");
  std::vector<RewriteRow> by_source, by_key, by_one_key, without_source;
  for (int64_t i = 0; i < kCopies; ++i) {
    const auto place = static_cast<uint64_t>(i);
    keys.push_back(std::to_string(i));
    by_key.push_back(row(keys.back(), "untitled", place));
    by_source.push_back(row("line " + keys.back(), "untitled", place));
    by_one_key.push_back(row("0", "untitled", place));
    without_source.push_back(row("0", "", place));
  }
  const auto look = [&](const std::vector<std::string>& names, const std::vector<RewriteRow>& rows,
                        uint64_t last) {
    const Counted data(names, captions);
    const RewriteJoin joined = join(data, rows);
    EXPECT_LT(data.asked, 10 * kCopies);  // each by each would be ten thousand million
    const JoinedMode& mode = joined.modes.at("human");
    EXPECT_EQ(mode.texts, kCopies);
    EXPECT_EQ(mode.places.back(), last);
    return mode.places.front();
  };
  EXPECT_EQ(look(keys, by_key, kCopies - 1), 0u);
  EXPECT_EQ(look(keys, by_source, kCopies - 1), static_cast<uint64_t>(kCopies - 1));
  EXPECT_EQ(look(one_key, by_one_key, kCopies - 1), static_cast<uint64_t>(kCopies - 1));
  EXPECT_EQ(look(one_key, without_source, kCopies - 1), static_cast<uint64_t>(kCopies - 1));
}

TEST(RewriteJoin, OfEqualKeysTheCaptionTellsWhichPairIsMeant) {
  const Counted data({"k", "k", "k", "x"}, {"a dog", "a cat", "a dog", "a dog"});
  const auto places = [&](const std::vector<RewriteRow>& rows) {
    return join(data, rows).modes.at("human").places;
  };
  EXPECT_EQ(places({row("k", "a dog", 7)}), (Places{7, kNone, 7, kNone}));
  EXPECT_EQ(places({row("k", "a dog", 7), row("k", "a cat", 8), row("k", "a dog", 9)}),
            (Places{9, 8, 9, kNone}));
  // Without a caption it is all of them; the last row counts.
  EXPECT_EQ(places({row("k", "", 7)}), (Places{7, 7, 7, kNone}));
  EXPECT_EQ(places({row("k", "", 7), row("k", "a cat", 8)}), (Places{7, 8, 7, kNone}));
  EXPECT_EQ(places({row("k", "a cat", 7), row("k", "", 8)}), (Places{8, 8, 8, kNone}));
  EXPECT_EQ(places({row("x", "a dog", 7), row("x", "", 8)}), (Places{kNone, kNone, kNone, 8}));
  // A caption that none of them has is an error with the key.
  try {
    join(data, {row("k", "a bird", 7)});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("key 'k' was rewritten from another caption"));
  }
  EXPECT_EQ(join(data, {row("k", "a dog", 7), row("other", "a dog", 8)}).unknown, 1);
}

TEST(RewriteJoin, WhatTheConditionDropsIsCountedByPairAndTheLastRowCounts) {
  const Counted data({"0", "1", "2"}, {"a dog", "a dog", "a cat"});
  const std::string condition = "audit.score > 0.5";
  const RewriteJoin joined = join(
      data, {row("a", "a dog", 1), row("b", "a dog", 2, 0.1), row("c", "a cat", 3)}, condition);
  EXPECT_TRUE(joined.by_source);
  EXPECT_EQ(joined.modes.at("human").places, (Places{kNone, kNone, 3}));
  EXPECT_EQ(joined.modes.at("human").dropped, 2);
  EXPECT_EQ(joined.modes.at("human").texts, 1);
  const RewriteJoin later =
      join(data, {row("0", "a dog", 1, 0.1), row("0", "a dog", 2)}, condition);
  EXPECT_EQ(later.modes.at("human").places, (Places{2, kNone, kNone}));
  EXPECT_EQ(later.modes.at("human").dropped, 0);
}

}  // namespace
}  // namespace clipwright::data::captions
