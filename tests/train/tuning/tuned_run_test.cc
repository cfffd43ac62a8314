// Runs that train a part of a model, or another thing than it: over every kind of architecture what
// a user finds in the files, and that they stop and go on to the bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <ostream>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "tensor/safetensors.h"
#include "tests/models/architecture_kinds.h"
#include "tests/temporary_folder.h"
#include "train/loop/trainer.h"

namespace clipwright::train::tuning {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/training";
constexpr const char* kWeights = "open_clip_model.safetensors";

/// A way to tune, as its flags.
struct Way {
  std::string name;
  void (*set)(options::TrainOptions&);
  bool needs_patches = false;
};
void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }
const std::vector<Way>& ways() {
  using Options = options::TrainOptions;
  static const std::vector<Way> list = {
      {"lora", [](Options& o) { o.lora_rank = 3; }},
      {"lora_qv",
       [](Options& o) {
         o.lora_rank = 2;
         o.lora_alpha = 5;
         o.lora_targets = {"q", "v"};
       }},
      {"lora_of_text",
       [](Options& o) {
         o.lora_rank = 2;
         o.lock_image = true;
         o.lock_image_freeze_bn_stats = true;
       }},
      {"lora_averaged",
       [](Options& o) {
         o.lora_rank = 3;
         o.ema = 0.7;
         o.text_layer_decay = 0.5;
       }},
      {"averaged", [](Options& o) { o.ema = 0.7; }},
      {"averaged_locked",
       [](Options& o) {
         o.ema = 0.7;
         o.lock_text = true;
         o.lock_text_unlocked_layers = 1;
       }},
      {"patch_dropout", [](Options& o) { o.force_patch_dropout = 0.5; }, true},
      {"long_context", [](Options& o) { o.context_length = 40; }},
  };
  return list;
}

using Case = std::tuple<models::ArchitectureKind, Way>;

class TunedRun : public testing::TestWithParam<Case> {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }
  static const Way& way() { return std::get<1>(GetParam()); }
  static models::ModelConfig config() {
    models::ModelConfig config = std::get<0>(GetParam()).config;
    config.text.context_length = 24;  // enough to be stretched
    return config;
  }
  static bool is_resnet() { return !config().vision.resnet_layers.empty(); }
  void SetUp() override {
    if (is_resnet() && way().needs_patches) GTEST_SKIP() << "a ResNet has no patches";
    const models::Clip model(config(), 1);
    models::perturb(model);
    models::write_open_clip_directory(model, path("start"));
  }

  fs::path path(const std::string& inside) const { return folder_.path() / inside; }
  options::TrainOptions options(const std::string& name, int64_t steps) const {
    options::TrainOptions options;
    options.train_data = (kGolden / "pictures.tar").string();
    options.model = path("start").string();
    options.batch_size = 12;
    options.steps = steps;
    options.lr = 1e-3;
    options.warmup = "0";
    options.threads = 1;
    options.save_frequency = 0;
    options.logs = folder_.path().string();
    options.name = name;
    way().set(options);
    return options;
  }
  std::vector<double> values(const std::string& name, const char* field) const {
    std::vector<double> list;
    std::ifstream rows(path(name) / "metrics.jsonl");
    for (std::string row; std::getline(rows, row);) {
      const Json json = parse_json(row, name);
      if (json.contains(field)) list.push_back(json[field]);
    }
    return list;
  }
  tensor::Safetensors tensors(const std::string& file) const {
    return tensor::read_safetensors(path(file));
  }

  TemporaryFolder folder_;
};

TEST_P(TunedRun, ResumesToTheBit) {
  options::TrainOptions given = options("run", 6);
  given.batch_size = 6;
  given.accum_freq = 2;
  given.save_every_steps = 3;
  loop::train(given);
  const auto before = values("run", "loss");
  ASSERT_EQ(before.size(), 6U);
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(path("run/checkpoints/step_6"))) {
    if (entry.path().extension() == ".safetensors")
      files[entry.path().filename().string()] = read_file(entry.path());
  }
  given.resume = path("run/checkpoints/step_3").string();
  given.workers = 3;
  loop::train(given);
  EXPECT_EQ(values("run", "loss"), before);
  for (const auto& [file, bytes] : files)
    EXPECT_EQ(read_file(path("run/checkpoints/step_6") / file), bytes) << file;
}

TEST_P(TunedRun, ValidationIsOfTheModelThatIsExportedAndChangesNothing) {
  loop::train(options("plain", 4));
  options::TrainOptions given = options("validated", 4);
  given.val_data = given.train_data;
  loop::train(given);
  EXPECT_EQ(values("validated", "loss"), values("plain", "loss"));
  EXPECT_EQ(read_file(path("validated/model") / kWeights),
            read_file(path("plain/model") / kWeights));
  // A run from the exported model that learns nothing sees the same loss.
  options::TrainOptions again;
  again.train_data = again.val_data = given.train_data;
  again.model = path("validated/model");
  again.batch_size = 12;
  again.steps = 1;
  again.lr = 0;
  again.threads = 1;
  again.logs = given.logs;
  again.name = "again";
  // Nor do its running statistics move.
  again.lock_image = again.lock_image_freeze_bn_stats = true;
  loop::train(again);
  const double loss = values("validated", "val_loss").back();
  EXPECT_NEAR(values("again", "val_loss").back(), loss, 1e-5 * loss);
}

TEST_P(TunedRun, MicroBatchesTrainAsOneBatch) {
  if (is_resnet() && !way().name.starts_with("lora"))
    GTEST_SKIP() << "batch normalisation sees a micro-batch at a time";
  loop::train(options("whole", 5));
  options::TrainOptions given = options("parts", 5);
  given.batch_size = 3;
  given.accum_freq = 4;
  loop::train(given);
  const auto whole = values("whole", "loss"), parts = values("parts", "loss");
  ASSERT_EQ(parts.size(), 5U);
  for (size_t i = 0; i < parts.size(); ++i) EXPECT_NEAR(parts[i], whole[i], 2e-4) << i;
}

TEST_P(TunedRun, TheFilesHoldWhatTheyPromise) {
  loop::train(options("run", 3));
  const std::string checkpoint = "run/checkpoints/step_3/";
  const tensor::Safetensors start = tensors(std::string("start/") + kWeights),
                            model = tensors(std::string("run/model/") + kWeights),
                            last = tensors(checkpoint + "model.safetensors"),
                            moments = tensors(checkpoint + "optimizer.safetensors");
  // A checkpoint is the model.
  ASSERT_EQ(last.tensors.size(), model.tensors.size());
  for (const auto& [name, tensor] : model.tensors)
    EXPECT_TRUE(torch::equal(tensor, *last.find(name))) << name;
  const options::TrainOptions given = options("", 0);
  const bool own = given.ema > 0 || given.lora_rank > 0;
  EXPECT_EQ(fs::exists(path(checkpoint + "trained.safetensors")), own);
  EXPECT_EQ(fs::exists(path(checkpoint + "average.safetensors")), given.ema > 0);
  if (given.lora_rank > 0) {
    // Low-rank matrices alone are trained, and every one of them is.
    const tensor::Safetensors trained = tensors(checkpoint + "trained.safetensors");
    models::Clip adapted(config(), 1);
    adapted.adapt({.rank = static_cast<int>(given.lora_rank),
                   .targets = given.lora_targets.empty() ? models::tuning::adapter_targets()
                                                         : given.lora_targets,
                   .image = !given.lock_image},
                  given.seed);
    const tensor::ParameterTable& table = adapted.adapters().table();
    // And what a lock leaves of its tower: the projection behind a timm one.
    std::set<std::string> left;
    if (given.lock_image && config().vision.timm_names) left.insert("visual.head.proj.weight");
    EXPECT_EQ(moments.tensors.size(), 2 * (table.size() + left.size()));
    for (const auto& [name, first] : table.file_tensors()) {
      ASSERT_NE(trained.find(name), nullptr) << name;
      EXPECT_FALSE(torch::equal(*trained.find(name), first)) << name << " did not move";
      EXPECT_NE(moments.find("exp_avg." + name), nullptr) << name;
    }
    // In the model the matrices that they stand beside are others, and nothing else is.
    std::set<std::string> matrices = left;
    for (const models::tuning::Adapter& adapter : adapted.adapters().list())
      matrices.insert(adapter.matrix);
    for (const auto& [name, tensor] : start.tensors)
      EXPECT_EQ(!torch::equal(tensor, *model.find(name)), matrices.contains(name)) << name;
  }
  if (given.ema > 0) {
    const tensor::Safetensors trained = tensors(checkpoint + "trained.safetensors"),
                              average = tensors(checkpoint + "average.safetensors");
    for (const auto& [name, tensor] : average.tensors) {
      ASSERT_NE(trained.find(name), nullptr) << name;
      if (given.lora_rank == 0) {
        EXPECT_TRUE(torch::equal(tensor, *model.find(name))) << name;
        if (start.find(name) != nullptr && name != "logit_scale" &&
            torch::equal(tensor, *trained.find(name)))
          EXPECT_TRUE(torch::equal(tensor, *start.find(name))) << name << " is not averaged";
      }
    }
  }
  if (given.context_length > 0) {
    EXPECT_EQ(model.find("positional_embedding")->size(0), 40);
    EXPECT_EQ(models::load_model(path("run/model"))->config().text.context_length, 40);
    EXPECT_THAT(read_file(path("run/out.log")),
                testing::HasSubstr("the text context is stretched from 24 to 40 tokens"));
  }
  if (given.force_patch_dropout > 0) {
    EXPECT_THAT(read_file(path("run/out.log")),
                testing::HasSubstr("patch dropout: a step looks at 8 of 16 patches"));
  }
}

INSTANTIATE_TEST_SUITE_P(KindsAndWays, TunedRun,
                         testing::Combine(testing::ValuesIn(models::architecture_kinds()),
                                          testing::ValuesIn(ways())),
                         [](const auto& info) {
                           return std::get<0>(info.param).name + "_" + std::get<1>(info.param).name;
                         });

// The first steps of an average, by its formula from the checkpoints of the run.
TEST(Average, IsItsFormulaOverTheRunsWeights) {
  configure_log({.quiet = true});
  const TemporaryFolder folder;
  options::TrainOptions given;
  given.train_data = (kGolden / "pictures.tar").string();
  given.model = "tiny-32";
  given.batch_size = 12;
  given.steps = 3;
  given.warmup = "0";
  given.threads = 1;
  given.save_every_steps = 1;
  given.keep_checkpoints = 0;
  given.ema = 0.6;
  given.logs = folder.path().string();
  given.name = "run";
  loop::train(given);
  Tensor expected = models::load_model("tiny-32", 0)->table().at("text_projection").leaf.detach();
  for (int step = 1; step <= 3; ++step) {
    const fs::path checkpoint = folder.path() / ("run/checkpoints/step_" + std::to_string(step));
    const Tensor
        trained =
            *tensor::read_safetensors(checkpoint / "trained.safetensors").find("text_projection"),
        average =
            *tensor::read_safetensors(checkpoint / "model.safetensors").find("text_projection");
    expected = 0.6 * expected + 0.4 * trained;
    EXPECT_LT((average - expected).abs().max().item<double>(), 1e-6) << step;
  }
}

TEST(LowRankAdaptation, WhatMakesNoSenseIsRefused) {
  configure_log({.quiet = true});
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& model, void (*set)(options::TrainOptions&)) {
    options::TrainOptions given;
    given.train_data = (kGolden / "pictures.tar").string();
    given.model = folder / model;
    models::write_open_clip_directory(
        models::Clip(models::reduced(models::find_model_config(model)), 1), given.model);
    given.batch_size = 12;
    given.steps = 1;
    given.logs = folder / "logs";
    set(given);
    try {
      loop::train(given);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage) << error.what();
      return std::string(error.what());
    }
    return std::string();
  };
  using Options = options::TrainOptions;
  EXPECT_THAT(refusal("tiny-32", [](Options& o) { o.lora_alpha = 3; }),
              testing::HasSubstr("--lora-alpha is given without --lora-rank"));
  EXPECT_THAT(refusal("tiny-32",
                      [](Options& o) {
                        o.lora_rank = 3;
                        o.lora_targets = {"w"};
                      }),
              testing::HasSubstr("--lora-targets names 'w'"));
  EXPECT_THAT(refusal("tiny-32",
                      [](Options& o) {
                        o.lora_rank = 3;
                        o.lock_image = o.lock_text = true;
                      }),
              testing::HasSubstr("both towers are locked"));
  EXPECT_THAT(refusal("RN50",
                      [](Options& o) {
                        o.lora_rank = 3;
                        o.lock_text = true;
                        o.lora_targets = {"mlp"};
                      }),
              testing::HasSubstr("a ResNet has no mlp"));
  EXPECT_THAT(refusal("RN50", [](Options& o) { o.force_patch_dropout = 0.5; }),
              testing::HasSubstr("a ResNet has none"));
  EXPECT_THAT(refusal("tiny-32",
                      [](Options& o) {
                        o.force_patch_dropout = 0.5;
                        o.lock_image = true;
                      }),
              testing::HasSubstr("--lock-image holds"));
  EXPECT_THAT(refusal("tiny-32", [](Options& o) { o.context_length = 12; }),
              testing::HasSubstr("16 tokens already"));
}

}  // namespace
}  // namespace clipwright::train::tuning
