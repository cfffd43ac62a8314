#include "core/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace clipwright {
namespace {

TEST(Philox,
     GivesThePublishedAnswers) {  // Random123's known-answer tests for philox4x32, 10 rounds
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, DependsOnEveryPartOfItsKey) {
  const auto first = [](uint64_t seed, std::string_view purpose, uint64_t epoch,
                        std::string_view sample) {
    return Random(seed, purpose, epoch, sample).bits();
  };
  const std::set<uint32_t> draws = {first(1, "crop", 0, "a"), first(2, "crop", 0, "a"),
                                    first(1, "caption", 0, "a"), first(1, "crop", 1, "a"),
                                    first(1, "crop", 0, "b")};
  EXPECT_EQ(draws.size(), 5U);
  EXPECT_EQ(first(1, "crop", 0, "a"), first(1, "crop", 0, "a"));
}

TEST(Random, BelowIsEven) {
  Random random(3, "even", 0, uint64_t{0});
  int counts[5] = {};
  for (int i = 0; i < 50000; ++i) ++counts[random.below(5)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 400);  // over four standard deviations
}

TEST(Random, UniformAndNormalHaveTheirMoments) {
  Random random(4, "moments", 0, uint64_t{0});
  double sum = 0, normal_sum = 0, square_sum = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.uniform(), n = random.normal();
    ASSERT_TRUE(u >= 0 && u < 1);
    sum += u, normal_sum += n, square_sum += n * n;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);
  EXPECT_NEAR(normal_sum / kDraws, 0, 0.02);
  EXPECT_NEAR(square_sum / kDraws, 1, 0.03);
}

TEST(Permutation, VisitsEveryIndexOnceInAnOrderOfItsOwn) {
  for (const uint64_t size : {1ULL, 2ULL, 7ULL, 64ULL, 1000ULL}) {
    const Permutation one(size, 5, "shuffle", 0), other(size, 5, "shuffle", 1);
    std::set<uint64_t> seen;
    bool differs = false;
    for (uint64_t i = 0; i < size; ++i) {
      EXPECT_TRUE(seen.insert(one(i)).second);
      EXPECT_LT(one(i), size);
      differs |= one(i) != other(i);
    }
    EXPECT_TRUE(differs || size < 7);
  }
}

}  // namespace
}  // namespace clipwright
