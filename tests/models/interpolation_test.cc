#include "models/interpolation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "core/error.h"
#include "tests/models/architecture_kinds.h"

namespace clipwright::models {
namespace {

std::shared_ptr<Clip> perturbed(const ModelConfig& config, uint64_t seed) {
  auto model = std::make_shared<Clip>(config, seed);
  const torch::NoGradGuard no_grad;
  perturb(*model);
  for (auto [name, tensor] : model->table().file_tensors()) {
    if (tensor.is_floating_point()) tensor.mul_(1 + 0.1 * static_cast<double>(seed));
    if (!tensor.is_floating_point()) tensor.fill_(static_cast<int64_t>(10 * seed));
  }
  return model;
}

class EveryKindBetween : public testing::TestWithParam<ArchitectureKind> {};
INSTANTIATE_TEST_SUITE_P(Interpolation, EveryKindBetween, testing::ValuesIn(architecture_kinds()),
                         [](const auto& info) { return info.param.name; });

TEST_P(EveryKindBetween, EndsAreTheModelsAndTheMiddleIsTheirMean) {
  const auto a = perturbed(GetParam().config, 1), b = perturbed(GetParam().config, 2);
  const auto from_a = a->table().file_tensors(), from_b = b->table().file_tensors();
  for (auto [name, tensor] : from_a) {
    if (name == "logit_scale") tensor.fill_(-0.0);  // arithmetic would lose its sign
  }
  const auto at_0 = interpolate(*a, *b, 0, "a", "b")->table().file_tensors();
  const auto at_1 = interpolate(*a, *b, 1, "a", "b")->table().file_tensors();
  const auto half = interpolate(*a, *b, 0.5, "a", "b")->table().file_tensors();
  ASSERT_EQ(half.size(), from_a.size());
  for (size_t i = 0; i < half.size(); ++i) {
    const auto& [name, value] = half[i];
    SCOPED_TRACE(name);
    EXPECT_TRUE(at_0[i].second.equal(from_a[i].second));
    EXPECT_TRUE(at_1[i].second.equal(from_b[i].second));
    const Tensor mean =
        (from_a[i].second.to(torch::kFloat64) + from_b[i].second.to(torch::kFloat64)) / 2;
    EXPECT_TRUE(value.equal(mean.to(value.scalar_type())));
    if (name == "logit_scale") {
      EXPECT_TRUE(std::signbit(at_0[i].second.item<float>()));
    }
  }
}

std::string refusal_of(const Clip& a, const Clip& b, double alpha, ExitCode code) {
  try {
    interpolate(a, b, alpha, "first", "second");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  ADD_FAILURE() << "was made";
  return {};
}

TEST(Interpolation, BeyondTheEndsIsRefused) {
  const Clip model(reduced(find_model_config("tiny-32")));
  for (const double alpha : {-0.1, 1.5, std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity()})
    EXPECT_THAT(refusal_of(model, model, alpha, ExitCode::kUsage),
                testing::HasSubstr("from 0 (the first model) to 1"));
}

TEST(Interpolation, WhatDiffersIsNamed) {
  const ModelConfig config = reduced(find_model_config("tiny-32"));
  const Clip model(config);
  using Change = std::function<void(ModelConfig&)>;
  const std::vector<std::pair<std::string, Change>> changes = {
      {"vision.width (16 and 32)", [](ModelConfig& other) { other.vision.width = 32; }},
      {"vision.layers (2 and 1)", [](ModelConfig& other) { other.vision.layers = 1; }},
      {"vision.heads (2 and 4)", [](ModelConfig& other) { other.vision.heads = 4; }},
      {"vision.patch_size (8 and 16)", [](ModelConfig& other) { other.vision.patch_size = 16; }},
      {"vision.image_size (32 and 64)", [](ModelConfig& other) { other.vision.image_size = 64; }},
      {"vision.activation (\"gelu\" and \"quick_gelu\")",
       [](ModelConfig& other) { other.vision.activation = Activation::kQuickGelu; }},
      {"text.activation (\"gelu\" and \"quick_gelu\")",
       [](ModelConfig& other) { other.text.activation = Activation::kQuickGelu; }},
      {"vision.norm_before_blocks (true and false), vision.qk_norm (false and true)",
       [](ModelConfig& other) {
         other.vision.qk_norm = other.vision.timm_names = true;
         other.vision.norm_before_blocks = false;
       }},
      {"embed_dim (12 and 24)", [](ModelConfig& other) { other.embed_dim = 24; }},
      {"text.vocabulary_size (49408 and 64)",
       [](ModelConfig& other) { other.text.vocabulary_size = 64; }},
      {"text.context_length (16 and 8)", [](ModelConfig& other) { other.text.context_length = 8; }},
      {"preprocessing.interpolation (\"bicubic\" and \"bilinear\")",
       [](ModelConfig& other) { other.preprocess.interpolation = Interpolation::kBilinear; }},
      {"preprocessing.mean", [](ModelConfig& other) { other.preprocess.mean[1] = 0.5; }}};
  for (const auto& [what, change] : changes) {
    ModelConfig other = config;
    change(other);
    const std::string sentence = refusal_of(model, Clip(other), 0.5, ExitCode::kUsage);
    EXPECT_THAT(sentence, testing::HasSubstr("first and second differ in " + what));
  }
  const Clip resnet(reduced(find_model_config("RN50")));
  EXPECT_THAT(refusal_of(model, resnet, 0.5, ExitCode::kUsage),
              testing::HasSubstr("vision.layers of a ResNet ([] and [2,2,2,2])"));
}

TEST(Interpolation, NumbersThatAreNotFiniteAreRefused) {
  const ModelConfig config = reduced(find_model_config("tiny-32"));
  const Clip whole(config), broken(config);
  const torch::NoGradGuard no_grad;
  broken.table().at("visual.proj").leaf[0][0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refusal_of(whole, broken, 0.5, ExitCode::kInput),
              testing::HasSubstr("second: visual.proj holds numbers that are not finite"));
}

}  // namespace
}  // namespace clipwright::models
