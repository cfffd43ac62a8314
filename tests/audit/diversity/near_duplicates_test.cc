#include "audit/diversity/near_duplicates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "core/random.h"

namespace clipwright::audit::diversity {
namespace {

using Text = std::vector<uint64_t>;

Text random_text(uint64_t i, size_t words) {
  Random random(0, "near-duplicates", 0, i);
  Text text;
  for (size_t w = 0; w < words; ++w) text.push_back(1 + random.below(5000));
  return text;
}

/// Jaccard similarity of word 1- and 2-grams, by its definition.
double similarity(const Text& a, const Text& b) {
  const auto shingles = [](const Text& text) {
    std::set<std::pair<uint64_t, uint64_t>> set;
    for (size_t i = 0; i < text.size(); ++i) {
      set.insert({0, text[i]});
      if (i > 0) set.insert({text[i - 1], text[i]});
    }
    return set;
  };
  const auto of_a = shingles(a), of_b = shingles(b);
  size_t shared = 0;
  for (const auto& shingle : of_a) shared += of_b.count(shingle);
  return static_cast<double>(shared) / static_cast<double>(of_a.size() + of_b.size() - shared);
}

MinHash sketch_of(const Text& text) {
  MinHash sketch;
  sketch_text(text, sketch);
  return sketch;
}

TEST(MinHash, EstimatesJaccardSimilarity) {
  double error = 0, squares = 0;
  constexpr int kPairs = 400;
  for (int i = 0; i < kPairs; ++i) {
    const Text a = random_text(static_cast<uint64_t>(i), 24);
    Text b = a;
    for (int change = 0; change <= i % 12; ++change)
      b[static_cast<size_t>(change) * 2] = 10000 + static_cast<uint64_t>(i);
    const double difference = estimated_similarity(sketch_of(a), sketch_of(b)) - similarity(a, b);
    error += difference;
    squares += difference * difference;
  }
  EXPECT_NEAR(error / kPairs, 0, 0.02) << "no bias";
  EXPECT_LT(std::sqrt(squares / kPairs), 0.08);
}

TEST(NearDuplicates, FindsTheShareThatResembleAnother) {
  NearDuplicates found;
  constexpr uint64_t kTexts = 1000;
  for (uint64_t i = 0; i < kTexts; ++i) {
    const Text text = random_text(i, 20);
    found.add(sketch_of(text));
    found.add(sketch_of(text));  // an exact duplicate is no near-duplicate
    if (i % 5 != 0) continue;
    Text other = text;
    other[10] = 20000;
    ASSERT_GE(similarity(text, other), 0.8);
    found.add(sketch_of(other));
  }
  EXPECT_EQ(found.looked_at(), 1200);
  EXPECT_NEAR(found.share(), 400.0 / 1200, 0.01);
  EXPECT_FALSE(found.sampled());
}

TEST(NearDuplicates, ASampleHoldsPairsTogether) {
  NearDuplicates all, some(500);
  for (uint64_t i = 0; i < 4000; ++i) {
    const Text text = random_text(i, 24);
    Text other = text;
    other[23] = 30000;
    for (const Text& one : {text, other}) {
      all.add(sketch_of(one));
      some.add(sketch_of(one));
    }
  }
  EXPECT_TRUE(some.sampled());
  EXPECT_LE(some.looked_at(), 500);
  EXPECT_GT(all.share(), 0.97);
  // A pair at 0.92 stays together with that probability; a sample by text would keep one in 16.
  EXPECT_GT(some.share(), 0.75);
}

TEST(NearDuplicates, HandlesEmptyTextsAndTemplates) {
  NearDuplicates found;
  found.add(sketch_of({}));
  EXPECT_EQ(found.looked_at(), 0);
  EXPECT_EQ(found.share(), 0);
  for (uint64_t i = 0; i < 3000; ++i) {
    Text text = random_text(7, 30);
    text[29] = 40000 + i;
    found.add(sketch_of(text));
  }
  EXPECT_GT(found.share(), 0.95);
}

TEST(NearDuplicates, MergedPartsEqualTheWhole) {
  NearDuplicates whole(300), first(300), second(300);
  for (uint64_t i = 0; i < 2000; ++i) {
    const MinHash sketch = sketch_of(random_text(i / 2, 16));
    whole.add(sketch);
    (i % 2 == 0 ? first : second).add(sketch);
  }
  first.merge(second);
  EXPECT_EQ(first.looked_at(), whole.looked_at());
  EXPECT_EQ(first.share(), whole.share());
}

}  // namespace
}  // namespace clipwright::audit::diversity
