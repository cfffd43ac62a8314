#include "train/tuning/layer_rates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "losses/objective.h"
#include "models/open_clip_directory.h"
#include "tests/models/architecture_kinds.h"
#include "tests/temporary_folder.h"
#include "train/loop/run_parts.h"
#include "train/loop/trainer.h"
#include "train/tuning/locked.h"

namespace clipwright::train::tuning {
namespace {

class EveryKindsRates : public testing::TestWithParam<models::ArchitectureKind> {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }
};

/// How far a tensor lies from its tower's projection, told from its name alone.
int depth(const std::string& name, const models::ModelConfig& config) {
  const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
  if (name == "logit_scale") return 0;
  if (has("proj") && !has("attn.") && !has("mlp.") && !has("patch_embed") && !has("attnpool"))
    return 0;  // text_projection, visual.proj, visual.head.proj
  if (has("attnpool")) return 0;
  if (has("layer")) return 1 + (4 - (name[name.find("layer") + 5] - '0'));  // a ResNet's stages
  const size_t block = has("resblocks.") ? name.find("resblocks.") + 10
                       : has("blocks.")  ? name.find("blocks.") + 7
                                         : std::string::npos;
  if (block != std::string::npos) return 2 - (name[block] - '0');  // two blocks a tower
  if (has("ln_post") || has("ln_final") || has("trunk.norm")) return 1;
  const bool image = name.starts_with("visual.");
  return image && !config.vision.resnet_layers.empty() ? 5 : 3;
}

TEST_P(EveryKindsRates, EveryParameterHasThatOfItsDepth) {
  const models::ModelConfig& config = GetParam().config;
  const models::Clip model(config);
  options::TrainOptions options;
  options.image_layer_decay = 0.5;
  options.text_layer_decay = 0.75;
  const losses::Objective objective(losses::ObjectiveConfig{.terms = {{"contrastive"}}}, config);
  const optim::AdamW optimizer = loop::build_optimizer(options, "open_clip", model, objective);
  size_t seen = 0;
  for (const tensor::TableEntry& entry : optimizer.parameters().entries()) {
    const double decay = entry.name.starts_with("visual.") ? 0.5 : 0.75;
    EXPECT_DOUBLE_EQ(optimizer.rate_factor(seen), std::pow(decay, depth(entry.name, config)))
        << entry.name;
    ++seen;
  }
  EXPECT_EQ(seen, model.table().trainable().size());
}

// What a user sees: how far the weights of a run's first step go. Adam's first step is the rate in
// size, whatever the gradient.
TEST_P(EveryKindsRates, TheFirstStepOfARunGoesAsFarAsItsRate) {
  const models::ModelConfig& config = GetParam().config;
  const TemporaryFolder folder;
  const models::Clip start(config, 1);
  models::perturb(start);
  models::write_open_clip_directory(start, folder.path() / "start");
  options::TrainOptions options;
  options.train_data = std::string(CLIPWRIGHT_SOURCE_DIR) + "/tests/golden/training/pictures.tar";
  options.model = folder / "start";
  options.batch_size = 12;
  options.steps = 1;
  options.warmup = "0";
  options.lr = 1e-3;
  options.eps = 1e-12;
  options.wd = 0;
  options.threads = 1;
  options.image_layer_decay = 0.5;
  options.text_layer_decay = 0.75;
  options.logs = folder.path().string();
  options.name = "run";
  const loop::TrainResult result = loop::train(options);
  const auto after = models::read_open_clip_directory(result.model);
  for (const tensor::TableEntry& entry : start.table().entries()) {
    if (!entry.trainable() || !entry.cancelled.empty() || entry.name == "logit_scale") continue;
    const double decay = entry.name.starts_with("visual.") ? 0.5 : 0.75,
                 moved =
                     (entry.leaf - after->table().at(entry.name).leaf).abs().max().item<double>(),
                 rate = 1e-3 * std::pow(decay, depth(entry.name, config));
    EXPECT_NEAR(moved, rate, 0.02 * rate) << entry.name;
  }
  EXPECT_THAT(read_file(folder.path() / "run/out.log"),
              testing::AllOf(testing::HasSubstr("rates of the image tower from the input to the "
                                                "projection: "),
                             testing::HasSubstr("rates of the text tower from the input to the "
                                                "projection: 0.000422, 0.000563, 0.00075, 0.001")));
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKindsRates, testing::ValuesIn(models::architecture_kinds()),
                         [](const auto& info) { return info.param.name; });

TEST(LayerRates, OfALockedTowerAreRefused) {
  configure_log({.quiet = true});
  models::Clip model(models::reduced(models::find_model_config("tiny-32")));
  options::TrainOptions options;
  options.lock_image = true;
  options.image_layer_decay = 0.5;
  lock_towers(options, model);
  try {
    layer_rates(options, model);
    ADD_FAILURE() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("nothing of the image tower is trained"));
  }
}

}  // namespace
}  // namespace clipwright::train::tuning
