#include "language/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "core/error.h"

namespace clipwright::language {
namespace {

/// The definition in doubles: softmax of everything, sort of everything, keep while the mass before
/// is at most top_p.
std::vector<std::pair<int32_t, double>> reference_nucleus(const std::vector<float>& logits,
                                                          double temperature, double top_p) {
  const float top = *std::max_element(logits.begin(), logits.end());
  std::vector<double> weights(logits.size());
  for (size_t i = 0; i < logits.size(); ++i)
    weights[i] = std::exp((double(logits[i]) - top) / temperature);
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return logits[a] > logits[b]; });
  std::vector<std::pair<int32_t, double>> kept;
  double before = 0;
  for (const int32_t token : order) {
    if (before > top_p) break;
    kept.emplace_back(token, weights[token] / total);
    before += weights[token] / total;
  }
  return kept;
}

std::vector<float> random_logits(size_t size, double spread, uint64_t seed) {
  Random random(seed, "test", 0, size);
  std::vector<float> logits(size);
  for (float& logit : logits) logit = static_cast<float>(random.normal() * spread);
  return logits;
}

TEST(NucleusSampler, KeepsExactlyWhatSortingTheWholeVocabularyKeeps) {
  NucleusSampler sampler;
  // Peaked, as after "the Eiffel", to nearly flat, where the first look at the best candidates does
  // not hold the mass.
  for (const double spread : {0.01, 0.3, 1.0, 2.0, 3.0, 6.0, 20.0}) {
    for (const double top_p : {0.1, 0.5, 0.9, 0.95, 0.999}) {
      for (const double temperature : {0.5, 0.9, 1.5}) {
        const auto logits = random_logits(49152, spread, 1 + static_cast<uint64_t>(spread * 100));
        const auto expected = reference_nucleus(logits, temperature, top_p);
        const auto found = sampler.nucleus(logits, temperature, top_p);
        ASSERT_EQ(found.size(), expected.size())
            << "spread " << spread << " top_p " << top_p << " temperature " << temperature;
        for (size_t i = 0; i < found.size(); ++i) {
          // Tokens whose weights round to the same float may swap; their chances cannot differ.
          ASSERT_NEAR(found[i].chance, expected[i].second, 3e-6 * expected[i].second) << i;
        }
        if (spread >= 1.0 && top_p <= 0.95) {
          std::vector<int32_t> a, b;
          for (const auto& kept : found) a.push_back(kept.token);
          for (const auto& kept : expected) b.push_back(kept.first);
          std::sort(a.begin(), a.end());
          std::sort(b.begin(), b.end());
          ASSERT_EQ(a, b);
        }
      }
    }
  }
}

TEST(NucleusSampler, FullMassKeepsEveryTokenThatCounts) {
  NucleusSampler sampler;
  const std::vector<float> equal(1000, 0.25f);
  EXPECT_EQ(sampler.nucleus(equal, 0.9, 1.0).size(), 1000u);
  EXPECT_EQ(sampler.nucleus(equal, 0.9, 0.5).size(),
            501u);  // the mass before the 501st token is just 0.5
  EXPECT_EQ(sampler.nucleus(equal, 0.9, 0.5)[0].token, 0);  // ties to the lower id
}

TEST(NucleusSampler, DrawsWithTheRenormalisedChances) {
  NucleusSampler sampler;
  const std::vector<float> logits = random_logits(500, 1.5, 9);
  const Sampling sampling{.temperature = 0.9, .top_p = 0.8};
  const auto expected = reference_nucleus(logits, 0.9, 0.8);
  double mass = 0;
  for (const auto& [token, chance] : expected) mass += chance;
  std::map<int32_t, int> drawn;
  constexpr int kDraws = 200000;
  Random random(3, "draws", 0, uint64_t{0});
  for (int i = 0; i < kDraws; ++i) ++drawn[sampler.draw(logits, sampling, random)];
  EXPECT_EQ(drawn.size(), expected.size());
  for (const auto& [token, chance] : expected) {
    const double p = chance / mass;
    EXPECT_NEAR(drawn[token], kDraws * p, 5 * std::sqrt(kDraws * p * (1 - p)) + 1) << token;
  }
}

TEST(NucleusSampler, OutputThatIsNotFiniteIsAnError) {
  NucleusSampler sampler;
  Random random(1, "test", 0, uint64_t{0});
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinite = std::numeric_limits<float>::infinity();
  for (const std::vector<float>& logits : std::vector<std::vector<float>>{
           std::vector<float>(100, nan), {1, infinite, 2}, {-infinite, -infinite}}) {
    EXPECT_THROW(sampler.draw(logits, {.temperature = 1}, random), Error);
    EXPECT_THROW(sampler.draw(logits, {.temperature = 0}, random), Error);
  }
}

TEST(NucleusSampler, TemperatureZeroTakesTheLikeliest) {
  NucleusSampler sampler;
  std::vector<float> logits = random_logits(4096, 1, 2);
  logits[1234] = logits[77] = 50;
  Random random(1, "x", 0, uint64_t{0});
  EXPECT_EQ(sampler.draw(logits, {.temperature = 0}, random), 77);
}

}  // namespace
}  // namespace clipwright::language
