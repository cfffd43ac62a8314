#include "losses/terms/contrastive.h"

#include <gtest/gtest.h>

#include "core/npy.h"
#include "tests/finite_difference.h"
#include "tests/losses/terms/by_hand.h"

namespace clipwright::losses::terms {
namespace {

Tensor load(const std::string& name) {
  std::string path = CLIPWRIGHT_SOURCE_DIR;
  path.append("/tests/golden/losses/").append(name).append(".npy");
  const NpyArray array = read_npy(path);
  const auto values = array.values<double>();
  return torch::tensor(std::vector<double>(values.begin(), values.end()), kDouble)
      .view(array.shape);
}

TEST(InfoNce, EqualsItsFormula) {
  torch::manual_seed(1);
  const Tensor images = random_unit(6, 8), texts = random_unit(6, 8);
  const double expected = by_hand::info_nce(images, texts, 9);
  EXPECT_NEAR(info_nce(images, texts, torch::tensor(9.0, kDouble)).item<double>(), expected, 1e-12);
  EXPECT_NEAR(info_nce(single(images), single(texts), torch::tensor(9.0F)).item<double>(), expected,
              1e-5);
}

TEST(InfoNce, GradientsEqualFiniteDifferences) {
  torch::manual_seed(2);
  expect_gradients_match(
      [](const std::vector<Tensor>& in) { return info_nce(in[0], in[1], in[2].exp()); },
      {random_unit(5, 4), random_unit(5, 4), torch::tensor(1.7, kDouble)});
}

TEST(InfoNce, ValueAndGradientsEqualOpenClips) {
  const Tensor images = load("images").set_requires_grad(true),
               texts = load("texts").set_requires_grad(true),
               scale = load("scale").set_requires_grad(true);
  const Tensor loss = info_nce(images, texts, scale.squeeze());
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), load("loss").item<double>(), 1e-10);
  EXPECT_LT((images.grad() - load("images_grad")).abs().max().item<double>(), 1e-10);
  EXPECT_LT((texts.grad() - load("texts_grad")).abs().max().item<double>(), 1e-10);
  EXPECT_LT((scale.grad() - load("scale_grad")).abs().max().item<double>(), 1e-10);
}

TEST(InfoNce, StaysFiniteAtTheLargestScale) {
  const Tensor rows = unit(torch::eye(4, kDouble));
  EXPECT_NEAR(info_nce(rows, rows, torch::tensor(100.0, kDouble)).item<double>(), 0, 1e-12);
  EXPECT_NEAR(info_nce(rows, rows.roll(1, 0), torch::tensor(100.0, kDouble)).item<double>(), 100,
              1e-9);
}

TEST(Contrastive, ReadsTheFirstViewAndTheFirstText) {
  torch::manual_seed(3);
  const Features f = random_features(4, 2, 2);
  const Wants wants = made(contrastive_kind())->wants();
  EXPECT_EQ(wants.views.size(), 1U);
  EXPECT_EQ(wants.texts.size(), 1U);
  EXPECT_TRUE(wants.any_image_embedding() && wants.any_text_embedding() && wants.scale);
  EXPECT_NEAR(made(contrastive_kind())->loss(f).item<double>(),
              by_hand::info_nce(f.views[0].unit, f.texts[0].unit, 5), 1e-12);
}

}  // namespace
}  // namespace clipwright::losses::terms
