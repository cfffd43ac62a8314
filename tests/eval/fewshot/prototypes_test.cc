#include "eval/fewshot/prototypes.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/npy.h"
#include "tests/eval/fewshot/sets.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval::fewshot {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/fewshot";

FeatureSet golden_set(const std::string& name) {
  return read_feature_set(kGolden / (name + ".npy"), kGolden / (name + "_labels.npy"));
}

class GoldenEpisodes : public testing::TestWithParam<std::pair<const char*, PrototypeRule>> {};

TEST_P(GoldenEpisodes, AccuracyOfEveryEpisodeEqualsTheDefinition) {
  const FeatureSet train = golden_set("train"), test = golden_set("test");
  const NpyArray classes = read_npy(kGolden / "classes.npy"),
                 support = read_npy(kGolden / "support.npy"),
                 queries = read_npy(kGolden / "queries.npy"),
                 expected =
                     read_npy(kGolden / ("accuracy_" + std::string(GetParam().first) + ".npy"));
  const auto row_of = [](const NpyArray& array, int64_t row) {
    const int64_t width = array.shape[1];
    const auto values = array.values<int64_t>().subspan(static_cast<size_t>(row * width),
                                                        static_cast<size_t>(width));
    return std::vector<int64_t>(values.begin(), values.end());
  };
  ASSERT_EQ(expected.shape[0], 60);
  for (int64_t i = 0; i < expected.shape[0]; ++i) {
    Episode episode{.classes = row_of(classes, i),
                    .support = row_of(support, i),
                    .queries = row_of(queries, i)};
    const size_t each = episode.queries.size() / episode.classes.size();
    for (size_t q = 0; q < episode.queries.size(); ++q)
      episode.answers.push_back(static_cast<int>(q / each));
    EXPECT_EQ(prototype_accuracy(train, test, episode, GetParam().second),
              expected.values<double>()[static_cast<size_t>(i)])
        << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, GoldenEpisodes,
                         testing::Values(std::pair("centred_unit", PrototypeRule::kCentredUnit),
                                         std::pair("raw", PrototypeRule::kRaw)));

/// Two classes, an example each.
Episode one_shot(std::vector<int64_t> queries, std::vector<int> answers) {
  return {.classes = {0, 1},
          .support = {0, 1},
          .queries = std::move(queries),
          .answers = std::move(answers)};
}

// Support at (0, 0) and (4, 0). By hand: (1, 0) is nearer to the first, (3, 9) to the second. Their
// mean is (2, 0): centred and of unit length the prototypes are (-1, 0) and (1, 0), so the sign of
// the first number less 2 decides.
TEST(Prototypes, ByHand) {
  const FeatureSet support = set_of(torch::tensor({{0.0F, 0.0F}, {4.0F, 0.0F}}), {0, 1}),
                   queries = set_of(torch::tensor({{1.0F, 0.0F}, {3.0F, 9.0F}}), {0, 1});
  for (const PrototypeRule rule : {PrototypeRule::kCentredUnit, PrototypeRule::kRaw}) {
    EXPECT_EQ(prototype_accuracy(support, queries, one_shot({0, 1}, {0, 1}), rule), 1);
    EXPECT_EQ(prototype_accuracy(support, queries, one_shot({0, 1}, {1, 1}), rule), 0.5);
    EXPECT_EQ(prototype_accuracy(support, queries, one_shot({0, 1}, {1, 0}), rule), 0);
  }
}

// The rules differ where length matters: classes with rows (1, 0), (9, 0) and (0, 4), (0, 4) have
// the means (5, 0) and (0, 4); the query (1, 2) is 20 and 5 away (squared). Centred at (2.5, 2) the
// support is (-1.5, -2), (6.5, -2), (-2.5, 2) twice; of unit length its means are about (0.178,
// -0.547) and (-0.781, 0.625); the query is (-1, 0). Nearest is the second both ways. For (2, 1.2)
// the raw distances are 10.44 and 11.84 (the first), the centred query (-0.53, -0.848) is nearer to
// the first, too.
TEST(Prototypes, PrototypesOfUnitRowsAreNotOfUnitLength) {
  const FeatureSet support =
      set_of(torch::tensor({{1.0F, 0.0F}, {9.0F, 0.0F}, {0.0F, 4.0F}, {0.0F, 4.0F}}), {0, 0, 1, 1});
  const auto nearest = [&](float x, float y, PrototypeRule rule) {
    const FeatureSet query = set_of(torch::tensor({{x, y}}), {0});
    const Episode episode{
        .classes = {0, 1}, .support = {0, 1, 2, 3}, .queries = {0}, .answers = {0}};
    return prototype_accuracy(support, query, episode, rule) == 1 ? 0 : 1;
  };
  EXPECT_EQ(nearest(1, 2, PrototypeRule::kRaw), 1);
  EXPECT_EQ(nearest(1, 2, PrototypeRule::kCentredUnit), 1);
  EXPECT_EQ(nearest(2, 1.2F, PrototypeRule::kRaw), 0);
  EXPECT_EQ(nearest(2, 1.2F, PrototypeRule::kCentredUnit), 0);
  // The direction (0.8, 0.6) from the mean: to the short prototype (0.178, -0.547) 0.622^2 +
  // 1.147^2 = 1.70, to (-0.781, 0.625) 1.581^2 + 0.025^2 = 2.50. Of unit length the first would be
  // (0.309, -0.951): 0.241 + 2.406 = 2.65, and the second (0.781, 0.625) of length one stays: so
  // bringing prototypes to length one would give the other class.
  EXPECT_EQ(nearest(2.5F + 0.8F, 2 + 0.6F, PrototypeRule::kCentredUnit), 0);
}

TEST(Prototypes, OfEquallyNearClassesTheLowestWins) {
  const FeatureSet support = set_of(torch::tensor({{1.0F, 0.0F}, {-1.0F, 0.0F}}), {0, 1}),
                   queries = set_of(torch::tensor({{0.0F, 1.0F}, {0.0F, 0.0F}}), {0, 1});
  for (const PrototypeRule rule : {PrototypeRule::kCentredUnit, PrototypeRule::kRaw})
    EXPECT_EQ(prototype_accuracy(support, queries, one_shot({0, 1}, {0, 0}), rule), 1);
}

}  // namespace
}  // namespace clipwright::eval::fewshot
