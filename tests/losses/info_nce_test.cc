#include "losses/info_nce.h"

#include <gtest/gtest.h>

#include "core/npy.h"
#include "tests/finite_difference.h"

namespace clipwright::losses {
namespace {

const auto kDouble = torch::TensorOptions().dtype(torch::kFloat64);

Tensor unit(const Tensor& x) { return x / x.norm(2, {1}, true); }

/// The formula, one row and one exponential at a time.
double by_hand(const Tensor& images, const Tensor& texts, double scale) {
  const int64_t count = images.size(0);
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    double over_texts = 0, over_images = 0;
    for (int64_t k = 0; k < count; ++k) {
      over_texts += std::exp(scale * images[i].dot(texts[k]).item<double>());
      over_images += std::exp(scale * images[k].dot(texts[i]).item<double>());
    }
    const double positive = std::exp(scale * images[i].dot(texts[i]).item<double>());
    sum -= std::log(positive / over_texts) + std::log(positive / over_images);
  }
  return sum / (2 * static_cast<double>(count));
}

Tensor load(const std::string& name) {
  const NpyArray array =
      read_npy(std::string(CLIPWRIGHT_SOURCE_DIR) + "/tests/golden/losses/" + name + ".npy");
  const auto values = array.values<double>();
  return torch::tensor(std::vector<double>(values.begin(), values.end()), kDouble)
      .view(array.shape);
}

TEST(InfoNce, EqualsItsFormula) {
  torch::manual_seed(1);
  const Tensor images = unit(torch::randn({6, 8}, kDouble)),
               texts = unit(torch::randn({6, 8}, kDouble));
  EXPECT_NEAR(info_nce(images, texts, torch::tensor(9.0, kDouble)).item<double>(),
              by_hand(images, texts, 9), 1e-12);
}

TEST(InfoNce, GradientsEqualFiniteDifferences) {
  torch::manual_seed(2);
  expect_gradients_match(
      [](const std::vector<Tensor>& in) { return info_nce(in[0], in[1], in[2].exp()); },
      {unit(torch::randn({5, 4}, kDouble)), unit(torch::randn({5, 4}, kDouble)),
       torch::tensor(1.7, kDouble)});
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

Features features(int64_t slots) {
  Features f;
  f.images = {unit(torch::randn({4, 6}, kDouble))};
  for (int64_t slot = 0; slot < slots; ++slot)
    f.texts.push_back(unit(torch::randn({4, 6}, kDouble)));
  f.logit_scale = torch::tensor(5.0, kDouble);
  return f;
}

TEST(MultiText, WithOneTextIsTheContrastiveLoss) {
  torch::manual_seed(3);
  const Features f = features(1);
  const double expected = Contrastive().loss(f).item<double>();
  EXPECT_EQ(MultiText("paper").loss(f).item<double>(), expected);
  EXPECT_EQ(MultiText("mean").loss(f).item<double>(), expected);
}

TEST(MultiText, SumsTheSlotsAndDividesByTheConstant) {
  torch::manual_seed(4);
  const Features f = features(3);
  double sum = 0;
  for (const Tensor& texts : f.texts) sum += by_hand(f.images[0], texts, 5);
  EXPECT_NEAR(MultiText("paper").loss(f).item<double>(), sum / 2, 1e-12);  // M = 2 rewrites
  EXPECT_NEAR(MultiText("mean").loss(f).item<double>(), sum / 3, 1e-12);
}

TEST(MultiText, GradientsEqualFiniteDifferences) {
  torch::manual_seed(5);
  expect_gradients_match(
      [](const std::vector<Tensor>& in) {
        return MultiText("paper").loss(
            {.images = {in[0]}, .texts = {in[1], in[2]}, .logit_scale = in[3].exp()});
      },
      {unit(torch::randn({4, 3}, kDouble)), unit(torch::randn({4, 3}, kDouble)),
       unit(torch::randn({4, 3}, kDouble)), torch::tensor(1.1, kDouble)});
}

}  // namespace
}  // namespace clipwright::losses
