// Towers that average their patches are trained whole, class token included; class tokens of an
// objective they do not have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "losses/presets.h"
#include "models/open_clip_directory.h"
#include "train/loop/step.h"

namespace clipwright::train::loop {
namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/models";

class AveragedTowerTraining : public testing::TestWithParam<const char*> {};

TEST_P(AveragedTowerTraining, EveryParameterHasAGradient) {
  const auto model = models::read_open_clip_directory(kGolden / GetParam());
  model->train();
  torch::manual_seed(1);
  StepInput input{{torch::randint(0, 256, {4, 3, 32, 32}, torch::kUInt8)}, {}};
  text::bpe::PackedTexts texts;
  for (const std::vector<int32_t>& ids : std::vector<std::vector<int32_t>>{
           {94, 3, 95}, {94, 5, 9, 95}, {94, 7, 95}, {94, 11, 2, 8, 95}}) {
    texts.ids.insert(texts.ids.end(), ids.begin(), ids.end());
    texts.offsets.push_back(static_cast<int32_t>(texts.ids.size()));
  }
  input.texts = {texts};
  losses::Objective objective(losses::find_preset("clip"), model->config());
  const double whole = forward_backward(*model, objective, input, {}).loss;
  for (const tensor::TableEntry& entry : model->table().entries()) {
    ASSERT_TRUE(entry.leaf.grad().defined()) << entry.name;
    EXPECT_GT(entry.leaf.grad().abs().max().item<double>(), 0) << entry.name;
    entry.leaf.mutable_grad().reset();
  }
  EXPECT_NEAR(forward_backward(*model, objective, input, {.micro_batch = 2}).loss, whole, 1e-5);
}

TEST_P(AveragedTowerTraining, ClassTokensAreRefused) {
  const auto model = models::read_open_clip_directory(kGolden / GetParam());
  losses::ObjectiveConfig config = losses::find_preset("laclip-mt");
  for (losses::TermConfig& term : config.terms) term.options["class-tokens"] = "2";
  try {
    losses::Objective objective(config, model->config());
    ADD_FAILURE() << "was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("averages patches and reads none"));
  }
}

INSTANTIATE_TEST_SUITE_P(Folders, AveragedTowerTraining,
                         testing::Values("timm-averaged", "vit-averaged"),
                         [](const auto& info) { return std::string(info.param).substr(0, 3); });

}  // namespace
}  // namespace clipwright::train::loop
