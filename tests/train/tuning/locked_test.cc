#include "train/tuning/locked.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "models/open_clip_directory.h"
#include "optim/adamw.h"
#include "tensor/safetensors.h"
#include "tests/models/architecture_kinds.h"
#include "tests/temporary_folder.h"
#include "tests/train/objective_inputs.h"
#include "train/loop/frozen.h"
#include "train/loop/step.h"
#include "train/loop/trainer.h"

namespace clipwright::train::tuning {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden";

options::TrainOptions lock_image(int64_t unlocked = 0) {
  options::TrainOptions options;
  options.lock_image = true;
  options.lock_image_unlocked_groups = unlocked;
  return options;
}
options::TrainOptions lock_text(int64_t unlocked = 0) {
  options::TrainOptions options;
  options.lock_text = true;
  options.lock_text_unlocked_layers = unlocked;
  return options;
}

std::set<std::string> trained(const models::Clip& model) {
  std::set<std::string> names;
  for (const tensor::TableEntry& entry : model.table().entries()) {
    if (entry.trainable()) names.insert(entry.name);
  }
  return names;
}

template <typename Act>
std::string refusal(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage) << error.what();
    return error.what();
  }
  return "";
}

class EveryKindLocked : public testing::TestWithParam<models::ArchitectureKind> {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }
  static bool is_resnet() { return !GetParam().config.vision.resnet_layers.empty(); }
  static Json golden() {
    static const Json kRecords = read_json(kGolden / "locks.json");
    return kRecords[is_resnet()                           ? "resnet"
                    : GetParam().config.vision.timm_names ? "timm"
                                                          : "transformer"];
  }
  /// A projection with a bias is two tensors.
  static std::set<std::string> names_of(const Json& list) {
    std::set<std::string> names;
    for (const Json& item : list) {
      const std::string name = item;
      if (name == "text_projection" && GetParam().config.text.projection_bias) {
        names.insert({"text_projection.weight", "text_projection.bias"});
      } else {
        names.insert(name);
      }
    }
    return names;
  }
  static std::unique_ptr<models::Clip> model() {
    auto model = std::make_unique<models::Clip>(GetParam().config, 1);
    models::perturb(*model);
    return model;
  }
};

TEST_P(EveryKindLocked, LeavesWhatOpenClipLeaves) {
  for (const auto& [groups, left] : golden()["image"].items()) {
    const auto locked = model();
    const auto options = lock_image(std::stoll(groups));
    // open_clip takes any number; a number beyond the groups is more likely a mistake.
    if (groups == "4" && GetParam().config.vision.timm_names) {
      EXPECT_THAT(refusal([&] { lock_towers(options, *locked); }),
                  testing::HasSubstr("the image tower has 3 groups"));
      continue;
    }
    lock_towers(options, *locked);
    EXPECT_EQ(trained(*locked), names_of(left)) << groups << " groups";
  }
  for (const auto& [layers, left] : golden()["text"].items()) {
    const auto locked = model();
    if (layers == "5") {
      EXPECT_THAT(refusal([&] { lock_towers(lock_text(5), *locked); }),
                  testing::HasSubstr("the text tower has 4 groups"));
      continue;
    }
    lock_towers(lock_text(std::stoll(layers)), *locked);
    EXPECT_EQ(trained(*locked), names_of(left)) << layers << " layers";
  }
}

// open_clip 3.3.0 refuses a part of a ResNet; its main branch has these groups.
TEST_P(EveryKindLocked, UnlocksAResNetFromItsPoolBackwards) {
  if (!is_resnet()) GTEST_SKIP() << "a transformer";
  std::set<std::string> before;
  for (const auto& [groups, part] : std::vector<std::pair<int64_t, std::string>>{
           {1, "visual.attnpool."}, {2, "visual.layer4."}, {3, "visual.layer3."}}) {
    const auto locked = model();
    lock_towers(lock_image(groups), *locked);
    std::set<std::string> now;
    for (const std::string& name : trained(*locked)) {
      if (!name.starts_with("visual.")) continue;
      now.insert(name);
      EXPECT_TRUE(before.contains(name) || name.starts_with(part)) << name;
    }
    EXPECT_GT(now.size(), before.size());
    before = now;
  }
}

TEST_P(EveryKindLocked, NoGradientEntersALockedTower) {
  for (const bool image : {true, false}) {
    const auto locked = model();
    losses::Objective objective(small_preset("laclip-mt"), GetParam().config);
    lock_towers(image ? lock_image() : lock_text(), *locked);
    loop::freeze_untrained(*locked, objective);
    const loop::StepInput input = random_input(GetParam().config, objective.config(), 4);
    const Tensor pixels = models::normalize_pixels(input.views[0], GetParam().config.preprocess);
    const bool trains_projection = models::Clip(GetParam().config).config().vision.timm_names;
    EXPECT_EQ(locked->encode_image(pixels).requires_grad(), !image || trains_projection);
    EXPECT_EQ(locked->encode_text(models::to_text_batch(input.texts[0])).requires_grad(), image);
    loop::forward_backward(*locked, objective, input, {});
    for (const tensor::TableEntry& entry : locked->table().entries()) {
      if (entry.kind != tensor::TensorKind::kParameter) continue;
      EXPECT_EQ(entry.leaf.grad().defined(), entry.trainable()) << entry.name;
    }
  }
}

// The second pass of accumulation leaves a locked tower out.
TEST_P(EveryKindLocked, AccumulationIsExact) {
  for (const char* preset : {"laclip-mt", "laclip-mt with 5 class tokens", "declip", "slip"}) {
    const losses::ObjectiveConfig config = small_preset(preset);
    const bool class_tokens = std::string(preset).ends_with("tokens");
    if (is_resnet() && class_tokens) continue;
    for (const bool image : {true, false}) {
      const options::TrainOptions lock =
          image ? lock_image(image && preset[0] != 'l') : lock_text(preset[0] == 'd');
      const auto whole = model(), parts = model();
      losses::Objective objective(config, GetParam().config), again(config, GetParam().config);
      for (const auto& locked : {whole.get(), parts.get()}) {
        locked->to(torch::kDouble);
        options::TrainOptions held = lock;
        held.lock_image_freeze_bn_stats = image;
        lock_towers(held, *locked);
      }
      // What still normalises by the batch is not exact.
      if (is_resnet() && (!image || lock.lock_image_unlocked_groups > 0 || preset[0] == 's'))
        continue;
      objective.to(torch::kDouble);
      again.to(torch::kDouble);
      loop::freeze_untrained(*whole, objective);
      loop::freeze_untrained(*parts, again);
      require_trained_terms(objective, *whole);
      const loop::StepInput input = random_input(GetParam().config, config, 6);
      const double loss = loop::forward_backward(*whole, objective, input, {}).loss;
      EXPECT_NEAR(loop::forward_backward(*parts, again, input, {.micro_batch = 2}).loss, loss,
                  1e-12 * std::abs(loss));
      const auto compare = [&](const tensor::ParameterTable& a, const tensor::ParameterTable& b) {
        for (const tensor::TableEntry& entry : a.entries()) {
          if (!entry.trainable()) continue;
          const Tensor one = entry.leaf.grad(), other = b.at(entry.name).leaf.grad();
          ASSERT_EQ(one.defined(), other.defined()) << preset << " " << entry.name;
          if (!one.defined()) continue;
          EXPECT_LT((one - other).abs().max().item<double>(),
                    1e-11 * std::max(1.0, one.abs().max().item<double>()))
              << preset << (image ? " image " : " text ") << entry.name;
        }
      };
      compare(whole->table(), parts->table());
      compare(objective.table(), again.table());
    }
  }
}

TEST_P(EveryKindLocked, StatisticsMoveUnlessTheyAreFrozenToo) {
  for (const bool freeze : {false, true}) {
    const auto locked = model();
    options::TrainOptions options = lock_image();
    options.lock_image_freeze_bn_stats = freeze;
    lock_towers(options, *locked);
    losses::Objective objective(small_preset("clip"), GetParam().config);
    loop::freeze_untrained(*locked, objective);
    const loop::StepInput input = random_input(GetParam().config, objective.config(), 4);
    std::vector<Tensor> before;
    for (const tensor::TableEntry& entry : locked->table().entries())
      before.push_back(entry.leaf.detach().clone());
    loop::forward_backward(*locked, objective, input, {.micro_batch = 2});
    std::set<std::string> moved;
    for (size_t i = 0; i < before.size(); ++i) {
      const tensor::TableEntry& entry = locked->table().entries()[i];
      if (!torch::equal(before[i], entry.leaf)) moved.insert(entry.name);
    }
    if (!is_resnet()) {
      EXPECT_TRUE(moved.empty());
    } else {
      EXPECT_EQ(moved, names_of(golden()[freeze ? "frozen statistics" : "statistics"]));
    }
    if (freeze) {  // and it normalises by them
      const Tensor pixels = models::normalize_pixels(input.views[0], GetParam().config.preprocess),
                   training = locked->encode_image(pixels).detach();
      const models::Evaluating evaluating(*locked);
      EXPECT_TRUE(torch::equal(training, locked->encode_image(pixels)));
    }
  }
}

// What a user sees: the files of a run, stopped and gone on with.
TEST_P(EveryKindLocked, ARunChangesNothingOfItAndResumesToTheBit) {
  const TemporaryFolder folder;
  const auto start = model();
  models::write_open_clip_directory(*start, folder.path() / "start");
  for (const bool image : {true, false}) {
    options::TrainOptions options = image ? lock_image(1) : lock_text(2);
    options.train_data = (kGolden / "training/pictures.tar").string();
    options.model = folder / "start";
    options.batch_size = 6;
    options.accum_freq = 2;
    options.steps = 4;
    options.warmup = "0";
    options.threads = 1;
    options.save_frequency = 0;
    options.save_every_steps = 2;
    options.logs = folder.path().string();
    options.name = image ? "image" : "text";
    loop::train(options);
    const fs::path run = folder.path() / options.name, file = "open_clip_model.safetensors";
    const std::string weights = read_file(run / "model" / file);
    const auto left = model();
    lock_towers(options, *left);
    const tensor::Safetensors before = tensor::read_safetensors(folder.path() / "start" / file),
                              after = tensor::read_safetensors(run / "model" / file);
    for (const tensor::TableEntry& entry : left->table().entries()) {
      if (entry.kind == tensor::TensorKind::kParameter && entry.cancelled.empty()) {
        EXPECT_EQ(torch::equal(*before.find(entry.name), *after.find(entry.name)), entry.frozen)
            << entry.name;
      }
    }
    options.resume = run / "checkpoints/step_2";
    loop::train(options);
    EXPECT_EQ(read_file(run / "model" / file), weights);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKindLocked, testing::ValuesIn(models::architecture_kinds()),
                         [](const auto& info) { return info.param.name; });

TEST(Locked, TermsThatWouldTrainNothingAreRefusedByName) {
  configure_log({.quiet = true});
  const models::ModelConfig config = models::reduced(models::find_model_config("tiny-32"));
  const auto refused = [&](const char* preset, const options::TrainOptions& options) {
    models::Clip model(config);
    const losses::Objective objective(small_preset(preset), config);
    lock_towers(options, model);
    loop::freeze_untrained(model, objective);
    return refusal([&] { require_trained_terms(objective, model); });
  };
  EXPECT_THAT(refused("declip", lock_text()),
              testing::HasSubstr("term masked-lm learns from the text tower alone, and it is "
                                 "locked"));
  EXPECT_EQ(refused("declip", lock_text(2)), "");
  EXPECT_THAT(refused("slip", lock_image()),
              testing::HasSubstr("term simclr learns from the image tower alone"));
  EXPECT_EQ(refused("clip", lock_image()), "");
  options::TrainOptions both = lock_image();
  both.lock_text = true;
  EXPECT_THAT(refused("clip", both), testing::HasSubstr("both are locked"));
}

TEST(Locked, ExceptionsNeedTheirLock) {
  options::TrainOptions options;
  options.lock_image_unlocked_groups = 1;
  EXPECT_THAT(refusal([&] { options::check_options(options); }),
              testing::HasSubstr("given without --lock-image"));
  options = {};
  options.lock_text_unlocked_layers = 1;
  EXPECT_THAT(refusal([&] { options::check_options(options); }),
              testing::HasSubstr("given without --lock-text"));
  options = {};
  options.lock_image_freeze_bn_stats = true;
  EXPECT_THAT(refusal([&] { options::check_options(options); }),
              testing::HasSubstr("--lock-image-freeze-bn-stats is given without"));
}

}  // namespace
}  // namespace clipwright::train::tuning
