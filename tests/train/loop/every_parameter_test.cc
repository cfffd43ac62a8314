// Every kind of built-in architecture under every objective: each parameter that is not declared
// otherwise has a gradient, moves, has a state, is saved, and goes on after a resume.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/random.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "models/weights_digest.h"
#include "optim/adamw.h"
#include "tensor/safetensors.h"
#include "tests/models/architecture_kinds.h"
#include "tests/temporary_folder.h"
#include "tests/train/objective_inputs.h"
#include "train/loop/frozen.h"
#include "train/loop/step.h"
#include "train/loop/trainer.h"

namespace clipwright::train {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/training";
constexpr int64_t kPairs = 6;

double largest(const Tensor& tensor) { return tensor.abs().max().item<double>(); }

using Case = std::tuple<models::ArchitectureKind, std::string>;

class EveryParameter : public testing::TestWithParam<Case> {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }
  static models::ModelConfig config() { return std::get<0>(GetParam()).config; }
  static std::string preset() { return std::get<1>(GetParam()); }

  static bool reads_rewrites() {
    const losses::ObjectiveConfig config = small_preset(preset());
    return config.caption_policy != "original" ||
           std::any_of(config.texts.begin(), config.texts.end(),
                       [](const std::string& text) { return text.rfind("rewrite", 0) == 0; });
  }
  /// Patches and class tokens there are only in transformers.
  static bool is_refused() {
    const losses::ObjectiveConfig config = small_preset(preset());
    return !EveryParameter::config().vision.resnet_layers.empty() &&
           std::any_of(config.terms.begin(), config.terms.end(),
                       [](const losses::TermConfig& term) {
                         return term.name == "filip" || term.options.contains("class-tokens");
                       });
  }
  void SetUp() override {
    if (!is_refused()) return;
    EXPECT_THROW(losses::Objective(small_preset(preset()), config()), Error);
    GTEST_SKIP() << "a ResNet has no patches and no class token, and the objective says so";
  }

  fs::path path(const std::string& inside) const { return folder_.path() / inside; }
  /// 48 pictures; the model is a directory with perturbed weights.
  options::TrainOptions options(const std::string& name, int64_t steps) const {
    if (!fs::exists(path("start"))) {
      const models::Clip model(config(), 1);
      models::perturb(model);
      models::write_open_clip_directory(model, path("start"));
    }
    options::TrainOptions options;
    options.train_data = (kGolden / "pictures.tar").string();
    options.model = path("start").string();
    options.objective = preset_of(preset());
    options.term_options = small_heads(preset());
    if (reads_rewrites()) {
      options.rewrites = {(kGolden / "chatgpt.txt").string(), (kGolden / "bard.txt").string()};
      if (preset().ends_with(kWithClassTokens)) {
        for (const std::string& style : std::vector(options.rewrites)) {
          const fs::path again = path("again-" + fs::path(style).filename().string());
          fs::copy_file(style, again, fs::copy_options::overwrite_existing);
          options.rewrites.push_back(again.string());
        }
      }
    }
    options.batch_size = 12;
    options.steps = steps;
    options.lr = 1e-3;
    options.warmup = "0";
    options.threads = 1;
    options.save_frequency = 0;
    options.logs = folder_.path().string();
    options.name = name;
    return options;
  }
  std::vector<double> losses(const std::string& name) const {
    std::vector<double> list;
    const std::string rows = read_file(path(name) / "metrics.jsonl");
    for (size_t at = 0; at < rows.size(); at = rows.find('\n', at) + 1)
      list.push_back(parse_json(rows.substr(at, rows.find('\n', at) - at), name)["loss"]);
    return list;
  }

  TemporaryFolder folder_;
};

// What a user sees: the files of a run of two steps.
TEST_P(EveryParameter, TwoStepsMoveItInTheFilesOfARun) {
  loop::train(options("run", 2));
  const std::shared_ptr<models::Clip> start = models::load_model(path("start").string());
  losses::Objective objective(small_preset(preset()), start->config(), 0);
  loop::freeze_untrained(*start, objective);
  const tensor::ParameterTable& table = start->table();
  const tensor::Safetensors
      before = tensor::read_safetensors(path("start/open_clip_model.safetensors")),
      after = tensor::read_safetensors(path("run/checkpoints/step_2/model.safetensors")),
      model = tensor::read_safetensors(path("run/model/open_clip_model.safetensors")),
      moments = tensor::read_safetensors(path("run/checkpoints/step_2/optimizer.safetensors"));
  ASSERT_EQ(after.tensors.size(), before.tensors.size());
  size_t states = 0;
  for (const auto& [name, start] : before.tensors) {
    const Tensor *now = after.find(name), *last = model.find(name);
    ASSERT_TRUE(now != nullptr && last != nullptr) << name;
    EXPECT_TRUE(torch::equal(*now, *last)) << name;
    const tensor::TableEntry& entry = table.at(name);
    if (entry.kind == tensor::TensorKind::kBuffer) {
      EXPECT_FALSE(torch::equal(start, *now)) << name << " did not move";
      continue;
    }
    if (entry.frozen) {
      EXPECT_TRUE(torch::equal(start, *now)) << name << " moved";
      EXPECT_EQ(moments.find("exp_avg." + name), nullptr) << name;
      continue;
    }
    for (const char* moment : {"exp_avg.", "exp_avg_sq."}) {
      const Tensor* state = moments.find(moment + name);
      ASSERT_NE(state, nullptr) << moment << name;
      EXPECT_EQ(state->sizes(), start.sizes()) << moment << name;
      if (entry.cancelled.empty()) {
        EXPECT_GT(largest(*state), 0) << moment << name;
      }
      ++states;
    }
    if (entry.cancelled.empty()) {
      EXPECT_FALSE(torch::equal(start, *now)) << name << " did not move";
    }
  }
  // And what the terms own, which a fresh objective of the same seed has as it was.
  if (!objective.table().empty()) {
    const tensor::Safetensors own =
        tensor::read_safetensors(path("run/checkpoints/step_2/objective.safetensors"));
    ASSERT_EQ(own.tensors.size(), objective.table().size());
    for (const auto& [name, first] : objective.table().file_tensors()) {
      ASSERT_NE(own.find(name), nullptr) << name;
      const tensor::TableEntry& entry = objective.table().at(name);
      if (entry.kind == tensor::TensorKind::kConstant) continue;
      if (entry.cancelled.empty()) {
        EXPECT_FALSE(torch::equal(first, *own.find(name))) << name << " did not move";
      }
      if (entry.kind != tensor::TensorKind::kParameter) continue;
      for (const char* moment : {"exp_avg.", "exp_avg_sq."}) {
        ASSERT_NE(moments.find(moment + name), nullptr) << moment << name;
        ++states;
      }
    }
  }
  EXPECT_EQ(states, moments.tensors.size());
}

// In float64, where rounding is far from what is learned: a gradient that is only rounding would
// still move a parameter, because Adam divides by its size.
TEST_P(EveryParameter, HasAGradientAboveRoundingUnlessItIsDeclaredCancelled) {
  models::Clip model(config(), 1);
  models::perturb(model);
  model.to(torch::kDouble);
  losses::Objective objective(small_preset(preset()), config());
  objective.to(torch::kDouble);
  loop::freeze_untrained(model, objective);
  const loop::StepInput input = random_input(config(), objective.config(), kPairs);
  tensor::ParameterTable table = model.table();
  table.append(objective.table(), "objective.");
  optim::AdamW optimizer(table, {});
  std::vector<Tensor> before;
  for (const tensor::TableEntry& entry : table.entries())
    before.push_back(entry.leaf.detach().clone());
  for (int step = 0; step < 2; ++step) {
    loop::forward_backward(model, objective, input, {.micro_batch = step == 0 ? 0 : 3});
    double whole = 0;
    for (const tensor::TableEntry& entry : optimizer.parameters().entries()) {
      ASSERT_TRUE(entry.leaf.grad().defined()) << entry.name;
      whole = std::max(whole, largest(entry.leaf.grad()));
    }
    for (const tensor::TableEntry& entry : optimizer.parameters().entries()) {
      const double share = largest(entry.leaf.grad()) / whole;
      if (entry.cancelled.empty()) {
        EXPECT_GT(share, 1e-8) << entry.name;
      } else {
        EXPECT_LT(share, 1e-13) << entry.name << ": " << entry.cancelled;
      }
    }
    optimizer.step(1e-3);
    optimizer.clear_gradients();
  }
  for (size_t i = 0; i < before.size(); ++i) {
    const tensor::TableEntry& entry = table.entries()[i];
    if (entry.cancelled.empty() && entry.kind != tensor::TensorKind::kConstant) {
      EXPECT_EQ(torch::equal(before[i], entry.leaf), entry.frozen) << entry.name;
    }
  }
}

TEST_P(EveryParameter, AResumedRunEqualsTheUninterruptedOneBitForBit) {
  options::TrainOptions given = options("run", 6);
  given.batch_size = 6;
  given.accum_freq = 2;
  given.save_every_steps = 3;
  loop::train(given);
  const auto before = losses("run");
  ASSERT_EQ(before.size(), 6U);
  const std::string weights = read_file(path("run/model/open_clip_model.safetensors"));
  const fs::path own = path("run/checkpoints/step_6/objective.safetensors");
  const std::string remembered = fs::exists(own) ? read_file(own) : "";
  given.resume = path("run/checkpoints/step_3").string();
  given.workers = 3;  // views, texts and masks are the same for any number of threads
  loop::train(given);
  EXPECT_EQ(losses("run"), before);
  EXPECT_EQ(read_file(path("run/model/open_clip_model.safetensors")), weights);
  if (!remembered.empty()) {
    EXPECT_EQ(read_file(own), remembered);
  }
}

// Looking at held-out pairs on the way changes nothing of the run.
TEST_P(EveryParameter, ValidationLeavesTheRunAsItIs) {
  loop::train(options("plain", 5));
  options::TrainOptions given = options("validated", 5);
  given.val_data = given.train_data;
  loop::train(given);
  EXPECT_EQ(losses("validated"), losses("plain"));
  EXPECT_EQ(read_file(path("validated/model/open_clip_model.safetensors")),
            read_file(path("plain/model/open_clip_model.safetensors")));
}

INSTANTIATE_TEST_SUITE_P(KindsAndObjectives, EveryParameter,
                         testing::Combine(testing::ValuesIn(models::architecture_kinds()),
                                          testing::ValuesIn(objective_cases())),
                         [](const auto& info) {
                           std::string name =
                               std::get<0>(info.param).name + "_" + std::get<1>(info.param);
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char letter) { return letter == '-' || letter == ' '; }, '_');
                           return name;
                         });

// Batch normalisation is the one thing that accumulation is not exact for; the run says so.
TEST(BatchNormalisation, UnderAccumulationIsSaidToBeInexact) {
  configure_log({.quiet = true});
  TemporaryFolder folder;
  for (const std::string name : {"RN50", "tiny-32"}) {
    models::write_open_clip_directory(
        models::Clip(models::reduced(models::find_model_config(name)), 1), folder.path() / "start");
    for (const int64_t parts : {1, 2}) {
      options::TrainOptions options;
      options.train_data = (kGolden / "pictures.tar").string();
      options.model = (folder.path() / "start").string();
      options.batch_size = 4;
      options.accum_freq = parts;
      options.steps = 1;
      options.logs = folder.path().string();
      options.name = name + std::to_string(parts);
      loop::train(options);
      const bool said =
          read_file(folder.path() / options.name / "out.log")
              .find("normalises by the batch: with --accum-freq 2 that is 4") != std::string::npos;
      EXPECT_EQ(said, name == "RN50" && parts == 2) << options.name;
    }
  }
}

}  // namespace
}  // namespace clipwright::train
