#include "losses/terms/multi_view.h"

#include <gtest/gtest.h>

#include "losses/terms/contrastive.h"
#include "tests/finite_difference.h"
#include "tests/losses/terms/by_hand.h"

namespace clipwright::losses::terms {
namespace {

constexpr MultiViewWeighting kAll[] = {MultiViewWeighting::kMean, MultiViewWeighting::kPaper,
                                       MultiViewWeighting::kPaperSum};

TEST(MultiView, WeighsThePairsAsTheOptionSays) {
  torch::manual_seed(1);
  const Features f = random_features(5, 2, 2);
  double pairs[2][2];
  for (size_t i = 0; i < 2; ++i) {
    for (size_t j = 0; j < 2; ++j)
      pairs[i][j] = by_hand::info_nce(f.views[i].unit, f.texts[j].unit, 5);
  }
  const double beside = pairs[0][1] + pairs[1][0] + pairs[1][1];
  const std::map<std::string, double> expected = {
      {"mean", (pairs[0][0] + beside) / 4}, {"paper", beside / 3}, {"paper-sum", beside}};
  for (const auto& [weighting, value] : expected) {
    EXPECT_NEAR(made(multi_view_kind(), {{"weighting", weighting}})->loss(f).item<double>(), value,
                1e-12)
        << weighting;
  }
  EXPECT_NEAR(made(multi_view_kind())->loss(f).item<double>(), expected.at("mean"), 1e-12);
  EXPECT_NEAR(multi_view({single(f.views[0].unit), single(f.views[1].unit)},
                         {single(f.texts[0].unit), single(f.texts[1].unit)}, torch::tensor(5.0F),
                         MultiViewWeighting::kMean)
                  .item<double>(),
              expected.at("mean"), 1e-5);
}

TEST(MultiView, OfEqualViewsAndEqualTextsIsInfoNce) {
  torch::manual_seed(2);
  const Tensor images = random_unit(6, 5), texts = random_unit(6, 5),
               scale = torch::tensor(7.0, kDouble);
  const double once = info_nce(images, texts, scale).item<double>();
  const double expected[] = {once, once, 3 * once};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(multi_view({images, images}, {texts, texts}, scale, kAll[i]).item<double>(),
                expected[i], 1e-12);
  }
}

TEST(MultiView, GradientsEqualFiniteDifferences) {
  torch::manual_seed(3);
  for (const MultiViewWeighting weighting : kAll) {
    expect_gradients_match(
        [weighting](const std::vector<Tensor>& in) {
          return multi_view({in[0], in[1]}, {in[2], in[3]}, in[4].exp(), weighting);
        },
        {random_unit(4, 3), random_unit(4, 3), random_unit(4, 3), random_unit(4, 3),
         torch::tensor(1.1, kDouble)});
  }
}

}  // namespace
}  // namespace clipwright::losses::terms
