#include "losses/terms/text_queue.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/error.h"
#include "tensor/peak_memory.h"

namespace clipwright::losses::terms {
namespace {

Tensor random_unit(int64_t count, int64_t width, torch::ScalarType type = torch::kFloat64) {
  const Tensor rows = torch::randn({count, width}, type);
  return rows / rows.norm(2, -1, /*keepdim=*/true);
}

/// Rows whose every number says which row they are.
Tensor numbered(int64_t first, int64_t count) {
  return torch::arange(first, first + count, torch::kFloat32).unsqueeze(1).repeat({1, 3});
}

TEST(TextQueue, IsWrittenAroundItsEndFromEveryPosition) {
  for (int64_t size = 1; size <= 7; ++size) {
    for (int64_t position = 0; position < size; ++position) {
      for (int64_t count = 0; count <= 3 * size; ++count) {
        Tensor queue = numbered(1000, size);
        std::vector<float> naive;
        for (int64_t i = 0; i < size; ++i) naive.push_back(static_cast<float>(1000 + i));
        int64_t at = position;
        for (int64_t i = 0; i < count; ++i, at = (at + 1) % size)
          naive[static_cast<size_t>(at)] = static_cast<float>(i);
        EXPECT_EQ(store_rows(queue, position, numbered(0, count)), at);
        EXPECT_TRUE(queue.equal(torch::tensor(naive).unsqueeze(1).repeat({1, 3})))
            << size << " rows, position " << position << ", " << count << " stored";
      }
    }
  }
}

TEST(TextQueue, APositionBehindTheEndIsRefused) {
  Tensor queue = numbered(0, 4);
  for (const int64_t position : {-1, 4}) {
    try {
      store_rows(queue, position, numbered(9, 1));
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_NE(std::string(error.what()).find("0 to 3"), std::string::npos) << error.what();
    }
  }
  EXPECT_TRUE(queue.equal(numbered(0, 4)));
}

TEST(TextQueue, AnEmptyOneTakesNothing) {
  EXPECT_EQ(store_rows(torch::empty({0, 3}), 0, numbered(0, 2)), 0);
}

TEST(TextQueue, StartsWithUnitRowsThatFollowTheSeed) {
  const Tensor queue = random_queue(50, 16, 3);
  EXPECT_LT((queue.norm(2, {1}) - 1).abs().max().item<double>(), 1e-5);
  EXPECT_TRUE(queue.equal(random_queue(50, 16, 3)));
  EXPECT_FALSE(queue.equal(random_queue(50, 16, 4)));
  // Directions, not one: cosines of random rows are small.
  EXPECT_LT(queue[0].dot(queue[1]).abs().item<double>(), 0.9);
}

/// Straight from the definition: places of the largest products, the lower one of equals.
std::vector<int64_t> nearest_by_hand(const Tensor& queue, const Tensor& text, int64_t count) {
  std::vector<std::pair<double, int64_t>> ranked;
  for (int64_t i = 0; i < queue.size(0); ++i) {
    double product = 0;
    for (int64_t d = 0; d < queue.size(1); ++d)
      product += queue[i][d].item<double>() * text[d].item<double>();
    ranked.emplace_back(-product, i);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<int64_t> places;
  for (int64_t k = 0; k < count; ++k) places.push_back(ranked[static_cast<size_t>(k)].second);
  return places;
}

TEST(TextQueue, FindsTheNearestInOrder) {
  torch::manual_seed(1);
  const Tensor queue = random_unit(40, 6), texts = random_unit(9, 6);
  for (const int64_t count : {1, 2, 5, 40}) {
    const NearestRows found = nearest_rows(queue, texts, count);
    ASSERT_EQ(found.rows.sizes(), (torch::IntArrayRef{9, count}));
    for (int64_t n = 0; n < 9; ++n) {
      EXPECT_TRUE(found.rows[n].equal(torch::tensor(nearest_by_hand(queue, texts[n], count))));
      EXPECT_NEAR(found.similarities[n][0].item<double>(),
                  queue[found.rows[n][0].item<int64_t>()].dot(texts[n]).item<double>(), 1e-12);
    }
  }
}

TEST(TextQueue, FindsWhatLiesInAnyTile) {
  // Longer than a tile of the queue and of the texts: the answer is planted.
  torch::manual_seed(2);
  const int64_t size = 5000, count = 2100;
  Tensor queue = random_unit(size, 8, torch::kFloat32);
  const Tensor places = torch::randperm(size).slice(0, 0, count);
  const Tensor texts = queue.index_select(0, places);
  const NearestRows found = nearest_rows(queue, texts, 2);
  EXPECT_TRUE(found.rows.select(1, 0).equal(places));
  const Tensor all = at::mm(texts, queue.t());
  EXPECT_LT((std::get<0>(all.topk(2, 1)) - found.similarities).abs().max().item<double>(), 1e-5);
}

TEST(TextQueue, OfEqualRowsTheLowerPlaceIsFound) {
  Tensor queue = torch::zeros({5000, 2});
  for (const int64_t place : {7, 9, 2500, 4999}) queue[place][0] = 1;
  const NearestRows found = nearest_rows(queue, torch::tensor({{1.0F, 0.0F}}), 3);
  EXPECT_TRUE(found.rows[0].equal(torch::tensor({int64_t{7}, int64_t{9}, int64_t{2500}})));
}

TEST(TextQueue, HalfPrecisionFindsTheSameAndGivesUnitRows) {
  torch::manual_seed(3);
  const Tensor queue = random_unit(300, 64, torch::kFloat32),
               texts = random_unit(300, 64, torch::kFloat32) * 0.1 + queue;
  for (const torch::ScalarType type : {torch::kFloat16, torch::kBFloat16}) {
    const NearestRows found = nearest_rows(queue.to(type), texts);
    EXPECT_EQ(found.similarities.scalar_type(), torch::kFloat32);
    EXPECT_TRUE(found.rows.squeeze(1).equal(torch::arange(300)));
    const Tensor rows = queue_rows(queue.to(type), found.rows.squeeze(1), texts);
    EXPECT_EQ(rows.scalar_type(), torch::kFloat32);
    EXPECT_LT((rows.norm(2, {1}) - 1).abs().max().item<double>(), 1e-6);
    EXPECT_LT((rows - queue).abs().max().item<double>(), 0.005);
  }
}

TEST(TextQueue, TheSearchIsTheSameForAnyNumberOfThreads) {
  torch::manual_seed(4);
  const Tensor queue = random_unit(5000, 33, torch::kFloat32),
               texts = random_unit(70, 33, torch::kFloat32);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const NearestRows one = nearest_rows(queue, texts, 2);
  at::set_num_threads(2);
  const NearestRows two = nearest_rows(queue, texts, 2);
  at::set_num_threads(threads);
  EXPECT_TRUE(one.rows.equal(two.rows) && one.similarities.equal(two.similarities));
}

TEST(TextQueue, TheSearchHoldsNeitherAllProductsNorACopyOfTheQueue) {
  torch::manual_seed(5);
  const Tensor texts = random_unit(512, 32, torch::kFloat32);
  const auto most = [&](int64_t size) {
    const Tensor queue = random_unit(size, 32, torch::kFloat32).to(torch::kFloat16);
    const tensor::PeakMemory peak;
    nearest_rows(queue, texts);
    return peak.bytes();
  };
  const int64_t small = most(8192), large = most(65536);
  EXPECT_EQ(small, large);
  EXPECT_LT(large, int64_t{512} * 65536 * 4 / 16);
}

}  // namespace
}  // namespace clipwright::losses::terms
