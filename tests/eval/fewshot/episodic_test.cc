#include "eval/fewshot/episodic.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "tests/eval/fewshot/sets.h"

namespace clipwright::eval::fewshot {
namespace {

TEST(Episodic, MeanAndIntervalByHand) {
  const EpisodicResult result{.accuracy = {0.5, 1, 0.75, 0.75}};
  EXPECT_DOUBLE_EQ(result.mean(), 0.75);
  EXPECT_DOUBLE_EQ(*result.deviation(), std::sqrt(0.125 / 3));
  EXPECT_DOUBLE_EQ(*result.interval(), 1.96 * std::sqrt(0.125 / 3) / 2);
  const EpisodicResult one{.accuracy = {0.5}};
  EXPECT_DOUBLE_EQ(one.mean(), 0.5);
  EXPECT_FALSE(one.deviation());
  EXPECT_FALSE(one.interval());
}

class Rules : public testing::TestWithParam<PrototypeRule> {};

// Over many sets of noise: the episodes of one set share its rows, so that their mean is chance
// only over sets.
TEST_P(Rules, NoiseIsToldApartByChance) {
  EpisodicResult sets, one_sets;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const FeatureSet train = noise_set(10, 14, 6, 2 * seed),
                     test = noise_set(10, 14, 6, 2 * seed + 1);
    const EpisodicOptions options{.rule = GetParam(), .episodes = 40, .seed = seed};
    sets.accuracy.push_back(evaluate_episodes(train, test, options).mean());
    one_sets.accuracy.push_back(evaluate_episodes(train, options).mean());
  }
  EXPECT_NEAR(sets.mean(), 0.2, 3 * *sets.interval() / 1.96);
  EXPECT_NEAR(one_sets.mean(), 0.2, 3 * *one_sets.interval() / 1.96);
}

TEST_P(Rules, ClassesFarApartAreAllTold) {
  FeatureSet train = noise_set(10, 12, 16, 1), test = noise_set(10, 12, 16, 2);
  for (FeatureSet* set : {&train, &test}) {
    for (int64_t i = 0; i < set->size(); ++i)
      set->rows[i][set->labels[static_cast<size_t>(i)]] += 100;
  }
  EXPECT_EQ(evaluate_episodes(train, test, {.rule = GetParam(), .episodes = 100}).mean(), 1);
}

// Features that say nothing are chance in every single episode: ties go to one class, not to the
// right one.
TEST_P(Rules, ConstantFeaturesAreChance) {
  const FeatureSet set = set_of(torch::full({60, 5}, 0.1F), labels_of(6, 10));
  const EpisodicResult result = evaluate_episodes(set, set, {.rule = GetParam(), .episodes = 50});
  for (const double accuracy : result.accuracy) EXPECT_DOUBLE_EQ(accuracy, 0.2);
  EXPECT_NEAR(*result.interval(), 0, 1e-12);
}

TEST_P(Rules, DoesNotDependOnThreads) {
  const FeatureSet train = noise_set(12, 9, 10, 1), test = noise_set(12, 9, 10, 2);
  const EpisodicOptions options{.rule = GetParam(), .episodes = 300, .seed = 6};
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const EpisodicResult one = evaluate_episodes(train, test, options);
  for (const int threads : {2, 5, 16}) {
    at::set_num_threads(threads);
    EXPECT_EQ(evaluate_episodes(train, test, options).accuracy, one.accuracy) << threads;
  }
  at::set_num_threads(before);
  // More episodes are the same ones and more.
  EpisodicOptions fewer = options;
  fewer.episodes = 7;
  const EpisodicResult start = evaluate_episodes(train, test, fewer);
  EXPECT_TRUE(std::equal(start.accuracy.begin(), start.accuracy.end(), one.accuracy.begin()));
}

INSTANTIATE_TEST_SUITE_P(Both, Rules,
                         testing::Values(PrototypeRule::kCentredUnit, PrototypeRule::kRaw));

TEST(Episodic, RefusesNoEpisode) {
  const FeatureSet set = noise_set(5, 11, 4, 1);
  EXPECT_THROW(evaluate_episodes(set, set, {.episodes = 0}), Error);
}

}  // namespace
}  // namespace clipwright::eval::fewshot
