#include "eval/scores/mutual_ranks.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "core/random.h"
#include "eval/features.h"

namespace clipwright::eval::scores {
namespace {

Tensor drawn(int64_t rows, int64_t width, const char* purpose) {
  Random random(3, purpose, 0, 0);
  Tensor tensor = torch::empty({rows, width});
  for (int64_t i = 0; i < tensor.numel(); ++i)
    tensor.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return unit_rows(tensor);
}

/// By the definition, from the whole matrix in float64: captions (M) x pictures (N).
MutualRanks by_definition(const Tensor& pictures, const Tensor& captions,
                          const std::vector<int64_t>& owner) {
  const Tensor matrix = captions.to(torch::kFloat64)
                            .mm(pictures.to(torch::kFloat64).t())
                            .to(torch::kFloat32)
                            .contiguous();
  const auto score = [&](int64_t m, int64_t n) {
    return matrix.data_ptr<float>()[m * matrix.size(1) + n];
  };
  MutualRanks ranks;
  for (int64_t m = 0; m < matrix.size(0); ++m) {
    const int64_t own = owner[static_cast<size_t>(m)];
    int64_t above = 0;
    for (int64_t n = 0; n < matrix.size(1); ++n)
      above += score(m, n) > score(m, own) || (score(m, n) == score(m, own) && n < own);
    ranks.captions.push_back(above);
  }
  for (int64_t n = 0; n < matrix.size(1); ++n) {
    int64_t best = matrix.size(0);
    for (int64_t m = 0; m < matrix.size(0); ++m) {
      if (owner[static_cast<size_t>(m)] != n) continue;
      int64_t above = 0;
      for (int64_t o = 0; o < matrix.size(0); ++o)
        above += score(o, n) > score(m, n) || (score(o, n) == score(m, n) && o < m);
      best = std::min(best, above);
    }
    ranks.pictures.push_back(best);
  }
  return ranks;
}

std::vector<int64_t> owners(int64_t captions, int64_t pictures) {
  std::vector<int64_t> owner;
  Random random(5, "owner", 0, 0);
  for (int64_t m = 0; m < captions; ++m) {
    owner.push_back(
        m < pictures ? m : static_cast<int64_t>(random.below(static_cast<uint64_t>(pictures))));
  }
  return owner;
}

constexpr RankTile kTiles[] = {{1, 1}, {3, 5}, {64, 7}, {7, 300}, {1000, 1000}, {1024, 2048}};

TEST(MutualRanks, DoNotDependOnTheTile) {
  // Neither number is a multiple of any tile or strip.
  const Tensor pictures = drawn(523, 24, "pictures"), captions = drawn(811, 24, "captions");
  const std::vector<int64_t> owner = owners(811, 523);
  const MutualRanks expected = by_definition(pictures, captions, owner);
  for (const RankTile& tile : kTiles) {
    const MutualRanks ranks = mutual_ranks(pictures, captions, owner, tile);
    EXPECT_EQ(ranks.captions, expected.captions) << tile.captions << " x " << tile.pictures;
    EXPECT_EQ(ranks.pictures, expected.pictures) << tile.captions << " x " << tile.pictures;
  }
}

TEST(MutualRanks, EqualScoresGoByIndexHoweverMany) {
  // Every picture and caption is one of three, so that nearly all scores are equal.
  const Tensor kinds = drawn(3, 17, "kinds");
  std::vector<int64_t> picture_kind, caption_kind;
  for (int64_t i = 0; i < 130; ++i) picture_kind.push_back(i * i % 3);
  for (int64_t i = 0; i < 301; ++i) caption_kind.push_back(i % 7 % 3);
  const Tensor pictures = kinds.index_select(0, torch::tensor(picture_kind)),
               captions = kinds.index_select(0, torch::tensor(caption_kind));
  const std::vector<int64_t> owner = owners(301, 130);
  const MutualRanks expected = by_definition(pictures, captions, owner);
  for (const RankTile& tile : kTiles) {
    const MutualRanks ranks = mutual_ranks(pictures, captions, owner, tile);
    EXPECT_EQ(ranks.captions, expected.captions);
    EXPECT_EQ(ranks.pictures, expected.pictures);
  }
}

TEST(MutualRanks, NearlyEqualScoresAreDecidedInFloat64) {
  // Differences of a few units in the last place, far below the rounding of a product in float32.
  const Tensor one = drawn(1, 96, "one");
  Tensor pictures = one.repeat({70, 1}), captions = one.repeat({90, 1});
  for (int64_t i = 0; i < 70; ++i) pictures[i][i] *= 1 + 3e-7F * static_cast<float>(i % 5 - 2);
  for (int64_t i = 0; i < 90; ++i) captions[i][i] *= 1 + 3e-7F * static_cast<float>(i % 7 - 3);
  const std::vector<int64_t> owner = owners(90, 70);
  const MutualRanks expected = by_definition(pictures, captions, owner);
  for (const RankTile& tile : kTiles) {
    const MutualRanks ranks = mutual_ranks(pictures, captions, owner, tile);
    EXPECT_EQ(ranks.captions, expected.captions);
    EXPECT_EQ(ranks.pictures, expected.pictures);
  }
}

TEST(MutualRanks, OnePictureWithOneCaption) {
  const MutualRanks ranks = mutual_ranks(torch::ones({1, 1}), torch::ones({1, 1}), {0});
  EXPECT_EQ(ranks.captions, std::vector<int64_t>{0});
  EXPECT_EQ(ranks.pictures, std::vector<int64_t>{0});
}

/// By hand (--gtest_also_run_disabled_tests): the whole matrix would be 50 GB.
TEST(MutualRanks, DISABLED_AQuarterMillionCaptionsOfFiftyThousandPictures) {
  torch::manual_seed(1);
  const int64_t pictures = 50'000, captions = 250'000, width = 64;
  std::vector<int64_t> owner;
  for (int64_t m = 0; m < captions; ++m) owner.push_back(m / 5);
  const Tensor shown = unit_rows(torch::randn({pictures, width}));
  const Tensor said = unit_rows(
      shown.index_select(0, torch::tensor(owner)).add_(torch::randn({captions, width}).mul_(0.1)));
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
  };
  const auto start = std::chrono::steady_clock::now();
  const MutualRanks ranks = mutual_ranks(shown, said, owner);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%.1f s, peak of the process %ld MiB, first caption's rank %ld\n", took.count(),
              peak(), ranks.captions[0]);
  EXPECT_LT(peak(), 800);
}

}  // namespace
}  // namespace clipwright::eval::scores
