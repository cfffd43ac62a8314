#include "eval/fewshot/episodes.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/error.h"
#include "tests/eval/fewshot/sets.h"

namespace clipwright::eval::fewshot {
namespace {

TEST(DrawDistinct, DrawsEveryOrderedPairEquallyOften) {
  std::map<std::pair<int64_t, int64_t>, int> seen;
  constexpr int kDraws = 24000;
  for (int i = 0; i < kDraws; ++i) {
    Random random(3, "test", 0, static_cast<uint64_t>(i));
    const auto drawn = draw_distinct(2, 4, random);
    ASSERT_NE(drawn[0], drawn[1]);
    ++seen[{drawn[0], drawn[1]}];
  }
  ASSERT_EQ(seen.size(), 12U);
  // Five standard deviations of a binomial count.
  for (const auto& [pair, count] : seen) EXPECT_NEAR(count, 2000, 5 * 43);
}

TEST(DrawDistinct, TakesAllWhenAllAreWanted) {
  Random random(1, "test", 0, uint64_t{0});
  const auto drawn = draw_distinct(50, 50, random);
  EXPECT_EQ(std::set<int64_t>(drawn.begin(), drawn.end()).size(), 50U);
  EXPECT_TRUE(draw_distinct(0, 0, random).empty());
}

TEST(EpisodeDraws, TakesSupportFromOneSetAndQueriesFromTheOther) {
  const std::vector<int64_t> train = labels_of(8, 7), test = labels_of(8, 9);
  const EpisodeDraws draws(train, test, {.ways = 5, .shots = 4, .queries = 6}, 1);
  std::set<int64_t> classes;
  for (int64_t i = 0; i < 50; ++i) {
    const Episode episode = draws.draw(i);
    ASSERT_EQ(episode.classes.size(), 5U);
    ASSERT_EQ(episode.support.size(), 20U);
    ASSERT_EQ(episode.queries.size(), 30U);
    EXPECT_TRUE(std::is_sorted(episode.classes.begin(), episode.classes.end()));
    EXPECT_EQ(std::set<int64_t>(episode.support.begin(), episode.support.end()).size(), 20U);
    EXPECT_EQ(std::set<int64_t>(episode.queries.begin(), episode.queries.end()).size(), 30U);
    for (size_t s = 0; s < 20; ++s)
      EXPECT_EQ(train[static_cast<size_t>(episode.support[s])], episode.classes[s / 4]);
    for (size_t q = 0; q < 30; ++q) {
      EXPECT_EQ(episode.answers[q], static_cast<int>(q / 6));
      EXPECT_EQ(test[static_cast<size_t>(episode.queries[q])], episode.classes[q / 6]);
    }
    classes.insert(episode.classes.begin(), episode.classes.end());
  }
  EXPECT_EQ(classes.size(), 8U);
}

TEST(EpisodeDraws, TakesNoRowOfOneSetTwice) {
  const std::vector<int64_t> labels = labels_of(6, 9);
  const EpisodeDraws draws(labels, {.ways = 3, .shots = 4, .queries = 5}, 2);
  for (int64_t i = 0; i < 50; ++i) {
    const Episode episode = draws.draw(i);
    std::set<int64_t> rows(episode.support.begin(), episode.support.end());
    rows.insert(episode.queries.begin(), episode.queries.end());
    EXPECT_EQ(rows.size(), 27U);
    for (size_t q = 0; q < episode.queries.size(); ++q)
      EXPECT_EQ(labels[static_cast<size_t>(episode.queries[q])],
                episode.classes[static_cast<size_t>(episode.answers[q])]);
  }
}

TEST(EpisodeDraws, DependsOnSeedAndNumberAlone) {
  const std::vector<int64_t> train = labels_of(20, 10), test = labels_of(20, 10);
  const EpisodeDraws one(train, test, {}, 7), again(train, test, {}, 7), other(train, test, {}, 8);
  const Episode late = again.draw(99);
  for (int64_t i = 0; i < 99; ++i) one.draw(i);
  EXPECT_EQ(one.draw(99).support, late.support);
  EXPECT_EQ(one.draw(99).queries, late.queries);
  EXPECT_NE(one.draw(98).support, late.support);
  EXPECT_NE(other.draw(99).support, late.support);
}

TEST(EpisodeDraws, LeavesSmallClassesOutAndCountsThem) {
  // Class 1 has two training rows, class 3 no test row, class 4 occurs nowhere.
  const std::vector<int64_t> train = {0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 5, 5, 5},
                             test = {0, 0, 1, 1, 2, 5};
  const EpisodeDraws draws(train, test, {.ways = 3, .shots = 3, .queries = 2}, 0);
  EXPECT_EQ(draws.classes(), 3);
  EXPECT_EQ(draws.left_out(), 2);
  const Episode episode = draws.draw(0);
  EXPECT_EQ(episode.classes, (std::vector<int64_t>{0, 2, 5}));
  // A class with fewer queries gives those it has.
  EXPECT_EQ(episode.answers, (std::vector<int>{0, 0, 1, 2}));
}

TEST(EpisodeDraws, RefusesInWordsWhatCannotBeDrawn) {
  const std::vector<int64_t> train = labels_of(4, 5), test = labels_of(4, 5);
  const auto message = [&](const EpisodeShape& shape, bool one_set, ExitCode expected) {
    try {
      if (one_set) {
        EpisodeDraws(train, shape, 0);
      } else {
        EpisodeDraws(train, test, shape, 0);
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), expected) << error.what();
      return std::string(error.what());
    }
    ADD_FAILURE() << "accepted";
    return std::string();
  };
  EXPECT_NE(message({.ways = 5}, false, ExitCode::kInput).find("only 4 of 4 classes have 5"),
            std::string::npos);
  EXPECT_NE(message({.ways = 2, .shots = 6}, false, ExitCode::kInput).find("only 0 of 4 classes"),
            std::string::npos);
  EXPECT_NE(message({.ways = 2, .shots = 3, .queries = 3}, true, ExitCode::kInput)
                .find("6 rows (--shots and --queries together)"),
            std::string::npos);
  EXPECT_NE(message({.ways = 1}, false, ExitCode::kUsage).find("--ways is 1"), std::string::npos);
  EXPECT_NE(message({.shots = 0}, false, ExitCode::kUsage).find("--shots is 0"), std::string::npos);
  EXPECT_NE(message({.queries = 0}, true, ExitCode::kUsage).find("--queries is 0"),
            std::string::npos);
}

}  // namespace
}  // namespace clipwright::eval::fewshot
