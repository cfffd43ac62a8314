#include "train/loop/step.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/random.h"
#include "optim/adamw.h"
#include "tests/train/small_model.h"

namespace clipwright::train::loop {
namespace {

constexpr int64_t kPairs = 8;

StepInput random_input(int slots) {
  Random random(3, "step_test", 0, uint64_t{0});
  StepInput input;
  input.pixels = torch::empty({kPairs, 3, 32, 32}, torch::kUInt8);
  for (int64_t i = 0; i < input.pixels.numel(); ++i)
    input.pixels.data_ptr<uint8_t>()[i] = static_cast<uint8_t>(random.below(256));
  for (int k = 0; k < slots; ++k) {
    text::bpe::PackedTexts texts;
    for (int64_t n = 0; n < kPairs; ++n) {
      const auto words = static_cast<int>(1 + random.below(9));
      texts.ids.push_back(62);
      for (int w = 0; w < words; ++w)
        texts.ids.push_back(static_cast<int32_t>(1 + random.below(61)));
      texts.ids.push_back(63);
      texts.offsets.push_back(static_cast<int32_t>(texts.ids.size()));
    }
    input.texts.push_back(std::move(texts));
  }
  return input;
}

std::map<std::string, Tensor> gradients_of(models::Clip& model, const std::string& preset,
                                           const StepInput& input, int64_t micro_batch,
                                           double* loss) {
  losses::Objective objective(losses::find_preset(preset));
  for (const tensor::TableEntry& entry : model.table().entries())
    entry.leaf.mutable_grad() = Tensor();
  *loss = forward_backward(model, objective, input, {.micro_batch = micro_batch}).loss;
  std::map<std::string, Tensor> gradients;
  for (const tensor::TableEntry& entry : model.table().entries())
    gradients[entry.name] = entry.leaf.grad().defined() ? entry.leaf.grad().clone() : Tensor();
  return gradients;
}

class Accumulation : public testing::TestWithParam<std::tuple<std::string, int, int64_t>> {};

TEST_P(Accumulation, GivesTheGradientOfOneLargeBatch) {
  const auto& [preset, slots, micro_batch] = GetParam();
  models::Clip model(small_config(), 1);
  model.to(torch::kDouble);
  const StepInput input = random_input(slots);
  double whole_loss = 0, parts_loss = 0;
  const auto whole = gradients_of(model, preset, input, 0, &whole_loss);
  const auto parts = gradients_of(model, preset, input, micro_batch, &parts_loss);
  EXPECT_NEAR(whole_loss, parts_loss, 1e-12);
  for (const auto& [name, gradient] : whole) {
    ASSERT_TRUE(gradient.defined() && parts.at(name).defined()) << name;
    const double difference = (gradient - parts.at(name)).abs().max().item<double>();
    EXPECT_LT(difference, 1e-12 * std::max(1.0, gradient.abs().max().item<double>())) << name;
  }
}

// 3 does not divide 8: the last micro-batch is smaller.
INSTANTIATE_TEST_SUITE_P(Presets, Accumulation,
                         testing::Values(std::make_tuple("clip", 1, 2),
                                         std::make_tuple("clip", 1, 3),
                                         std::make_tuple("clip", 1, 1),
                                         std::make_tuple("laclip-mt", 3, 2),
                                         std::make_tuple("laclip-mt", 3, 3)));

TEST(Step, TheScalesGradientIsThatOfAFiniteDifference) {
  models::Clip model(small_config(), 2);
  model.to(torch::kDouble);
  const StepInput input = random_input(1);
  losses::Objective objective(losses::find_preset("clip"));
  forward_backward(model, objective, input, {.micro_batch = 2});
  const double gradient = model.logit_scale().grad().item<double>();
  const auto loss_at = [&](double change) {
    const torch::NoGradGuard no_grad;
    model.logit_scale() += change;
    const double loss = evaluate_step(model, objective, input, {}).loss;
    model.logit_scale() -= change;
    return loss;
  };
  EXPECT_NEAR(gradient, (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5, 1e-8);
}

TEST(Step, EvaluationGivesTheLossOfTraining) {
  models::Clip model(small_config(), 2);
  const StepInput input = random_input(3);
  losses::Objective objective(losses::find_preset("laclip-mt"));
  const StepLoss trained = forward_backward(model, objective, input, {});
  const StepLoss evaluated = evaluate_step(model, objective, input, {.micro_batch = 3});
  EXPECT_NEAR(trained.loss, evaluated.loss, 1e-5);
  ASSERT_EQ(trained.terms.size(), 1U);
  EXPECT_EQ(trained.terms[0].first, "multi-text");
  EXPECT_NEAR(trained.logit_scale, 1 / 0.07, 1e-4);
}

class Frozen : public testing::TestWithParam<std::tuple<std::string, int64_t>> {};

TEST_P(Frozen, TensorsStayAndTheOthersLearnAsBefore) {
  const auto& [prefix, micro_batch] = GetParam();
  const StepInput input = random_input(1);
  double loss = 0;
  models::Clip plain(small_config(), 1);
  plain.to(torch::kDouble);
  const auto expected = gradients_of(plain, "clip", input, 0, &loss);

  models::Clip model(small_config(), 1);
  model.to(torch::kDouble);
  for (const tensor::TableEntry& entry : plain.table().entries()) {
    if (entry.name.rfind(prefix, 0) == 0) model.freeze(entry.name);
  }
  const auto got = gradients_of(model, "clip", input, micro_batch, &loss);
  optim::AdamW optimizer(model.table(), {});
  std::map<std::string, Tensor> before;
  for (const auto& [name, tensor] : model.table().file_tensors()) before[name] = tensor.clone();
  for (const tensor::TableEntry& entry : model.table().entries()) {
    EXPECT_EQ(got.at(entry.name).defined(), !entry.frozen) << entry.name;
    if (entry.frozen) continue;
    EXPECT_TRUE(torch::allclose(got.at(entry.name), expected.at(entry.name), 1e-9, 1e-12))
        << entry.name;
  }
  optimizer.step(1e-3);
  for (const tensor::TableEntry& entry : model.table().entries())
    EXPECT_EQ(torch::equal(before.at(entry.name), entry.leaf), entry.frozen) << entry.name;
}

// A whole tower, one block, one table of embeddings.
INSTANTIATE_TEST_SUITE_P(Towers, Frozen,
                         testing::Combine(testing::Values("visual.", "transformer.resblocks.0",
                                                          "token_embedding"),
                                          testing::Values(0, 3)));

TEST(Step, ASliceOfTextsKeepsThemWhole) {
  const text::bpe::PackedTexts texts{{1, 2, 3, 4, 5, 6}, {0, 1, 3, 6}};
  const text::bpe::PackedTexts slice = slice_texts(texts, 1, 2);
  EXPECT_EQ(slice.ids, (std::vector<int32_t>{2, 3, 4, 5, 6}));
  EXPECT_EQ(slice.offsets, (std::vector<int32_t>{0, 2, 5}));
}

}  // namespace
}  // namespace clipwright::train::loop
