#include "audit/diversity/distinct_sample.h"

#include <gtest/gtest.h>

#include "audit/diversity/frequent_texts.h"
#include "core/random.h"

namespace clipwright::audit::diversity {
namespace {

uint64_t nth_hash(uint64_t i) { return hash64({reinterpret_cast<const char*>(&i), sizeof i}); }

TEST(DistinctSample, IsExactWhileThereIsRoom) {
  DistinctSample sample(1000);
  for (int round = 0; round < 3; ++round) {
    for (uint64_t i = 0; i < 1000; ++i) sample.add(nth_hash(i));
  }
  sample.add(0);
  EXPECT_FALSE(sample.exact()) << "1,001 are one more than its room";
  DistinctSample small(1000);
  for (uint64_t i = 0; i < 999; ++i) small.add(nth_hash(i));
  small.add(0);
  small.add(0);
  EXPECT_EQ(small.count(), 1000);
  EXPECT_TRUE(small.exact());
}

TEST(DistinctSample, EstimatesBeyondWithinItsError) {
  DistinctSample sample(4096);
  for (uint64_t i = 0; i < 200000; ++i) sample.add(nth_hash(i % 100000));
  EXPECT_FALSE(sample.exact());
  // 1.2 / sqrt(4096) = 1.9 %; five times that never happens.
  EXPECT_NEAR(static_cast<double>(sample.count()), 100000, 9400);
}

TEST(DistinctSample, MergedPartsEqualTheWhole) {
  DistinctSample whole(512), even(512), odd(512);
  for (uint64_t i = 0; i < 20000; ++i) {
    whole.add(nth_hash(i));
    (i % 2 == 0 ? even : odd).add(nth_hash(i));
  }
  for (uint64_t i = 0; i < 300; ++i) even.add(nth_hash(2 * i + 1));  // seen by both
  even.merge(odd);
  EXPECT_EQ(even.count(), whole.count());
}

TEST(FrequentTexts, CountsExactlyWhileThereIsRoom) {
  FrequentTexts texts(100);
  for (int i = 0; i < 30; ++i) texts.add("a photo of");
  for (int i = 0; i < 50; ++i) texts.add("opener " + std::to_string(i % 25));
  const auto top = texts.top(2);
  EXPECT_EQ(top[0].text, "a photo of");
  EXPECT_EQ(top[0].count, 30);
  EXPECT_EQ(top[1].count, 2);
  EXPECT_EQ(top[1].text, "opener 0") << "ties by text";
  EXPECT_EQ(texts.error(), 0);
}

TEST(FrequentTexts, KeepsTheCommonestInLittleRoom) {
  FrequentTexts texts(64);
  for (int i = 0; i < 20000; ++i) {
    texts.add("once " + std::to_string(i));
    if (i % 4 == 0) texts.add("often");
  }
  const auto top = texts.top(1);
  EXPECT_EQ(top[0].text, "often");
  EXPECT_LE(top[0].count, 5000);
  EXPECT_GE(top[0].count + texts.error(), 5000);
  EXPECT_LE(texts.error(), 2 * 25000 / 64);
}

}  // namespace
}  // namespace clipwright::audit::diversity
