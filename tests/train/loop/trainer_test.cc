#include "train/loop/trainer.h"

#include <ATen/Version.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numeric>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/random.h"
#include "losses/filip_heads.h"
#include "models/clip.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "tensor/gemm.h"
#include "tensor/safetensors.h"
#include "tests/temporary_folder.h"

namespace clipwright::train::loop {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/training";

class Trainer : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }

  /// 48 pictures, three steps an epoch.
  options::TrainOptions options(const std::string& name, int64_t steps) const {
    options::TrainOptions options;
    options.train_data = (kGolden / "pictures.tar").string();
    options.model = "tiny-32";
    options.batch_size = 16;
    options.steps = steps;
    options.lr = 1e-3;
    options.threads = 1;
    options.save_frequency = 0;
    options.logs = folder_.path().string();
    options.name = name;
    return options;
  }
  std::vector<std::string> rewrites() const {
    return {(kGolden / "chatgpt.txt").string(), (kGolden / "bard.txt").string()};
  }

  std::vector<Json> rows(const std::string& name) const {
    std::vector<Json> list;
    std::ifstream file(folder_.path() / name / "metrics.jsonl");
    for (std::string line; std::getline(file, line);) list.push_back(parse_json(line, name));
    return list;
  }
  std::vector<double> losses(const std::string& name) const {
    std::vector<double> list;
    for (const Json& row : rows(name)) list.push_back(row["loss"]);
    return list;
  }
  static Error error_of(const options::TrainOptions& options) {
    try {
      train(options);
    } catch (const Error& error) {
      return error;
    }
    return Error(ExitCode::kDone, "no error");
  }
  fs::path path(const std::string& inside) const { return folder_.path() / inside; }

  TemporaryFolder folder_;
};

/// The same processor and library give the same bits; other ones round in another order.
/// What the last bits of a loss depend on besides the code.
std::string machine_class() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) == 0)
      return line.substr(line.find(':') + 2) + ", " + at::get_cpu_capability() + ", " +
             tensor::gemm_library() + ", 1 thread";
  }
  return "unknown";
}

// On a kind of machine that the file knows, to the bit: a change that claims to be exact is.
TEST_F(Trainer, TwentyStepsGiveTheRecordedLosses) {
  train(options("run", 20));
  const std::vector<double> got = losses("run");
  const fs::path golden = kGolden / "twenty_steps.json";
  Json records = read_json(golden);
  if (std::getenv("CLIPWRIGHT_UPDATE_GOLDEN") != nullptr) {
    records[machine_class()] = got;
    write_file(golden, records.dump(1) + "\n");
  }
  ASSERT_EQ(got.size(), 20U);
  ASSERT_FALSE(records.empty());
  const bool known = records.contains(machine_class());
  const Json& expected = known ? records[machine_class()] : records.front();
  for (size_t step = 0; step < got.size(); ++step) {
    const double value = expected[step];
    if (known) {
      EXPECT_EQ(got[step], value) << "step " << step + 1;
    } else {
      EXPECT_NEAR(got[step], value, 1e-4 * value) << "step " << step + 1;
    }
  }
}

TEST_F(Trainer, WeightsThatOverflowInTheLastStepAreNoModel) {
  options::TrainOptions given = options("run", 1);
  given.lr = 1e300;
  given.warmup = "0";
  const Error error = error_of(given);
  EXPECT_EQ(error.code(), ExitCode::kFailed);
  EXPECT_THAT(error.what(), testing::HasSubstr("are not finite"));
  EXPECT_FALSE(fs::exists(path("run/model")));
}

TEST_F(Trainer, TheFolderHoldsWhatTheContractNames) {
  options::TrainOptions given = options("run", 6);
  given.save_every_steps = 3;
  given.val_data = given.train_data;
  std::vector<int64_t> seen;
  given.on_step = [&](const options::StepReport& report) { seen.push_back(report.step); };
  const TrainResult result = train(given);
  EXPECT_EQ(seen, (std::vector<int64_t>{1, 2, 3, 4, 5, 6}));
  for (const char* file : {"config.toml", "run.json", "metrics.jsonl", "out.log", "tensorboard",
                           "checkpoints/step_3/DONE", "checkpoints/step_6/DONE",
                           "model/open_clip_config.json", "model/open_clip_model.safetensors"}) {
    EXPECT_TRUE(fs::exists(path("run") / file)) << file;
  }
  const auto list = rows("run");
  ASSERT_EQ(list.size(), 6U);
  EXPECT_EQ(list[4]["step"], 5);
  EXPECT_EQ(list[4]["samples"], 80);
  EXPECT_DOUBLE_EQ(list[4]["epoch"], 5.0 / 3);
  EXPECT_FALSE(list[4].contains("val_loss"));
  EXPECT_TRUE(list[2].contains("val_loss"));
  EXPECT_EQ(list[5]["val_loss"].get<double>(), result.val_loss);
  EXPECT_LT(list[5]["val_loss"].get<double>(), list[2]["val_loss"].get<double>());
  EXPECT_EQ(result.steps, 6);
  const Json record = read_json(path("run/run.json"));
  EXPECT_EQ(record.at("done"), true);
  EXPECT_EQ(record.at("steps"), 6);
  EXPECT_EQ(record.at("samples"), 96);
  EXPECT_EQ(record.at("pairs"), record.at("validation_pairs"));
  EXPECT_EQ(record.at("val_loss"), result.val_loss);
  EXPECT_EQ(result.model, path("run/model"));
  // The model directory holds the weights of the last checkpoint.
  const tensor::Safetensors model =
      tensor::read_safetensors(result.model / "open_clip_model.safetensors");
  for (const auto& [name, tensor] :
       tensor::read_safetensors(path("run/checkpoints/step_6/model.safetensors")).tensors) {
    EXPECT_TRUE(torch::equal(tensor, *model.find(name))) << name;
  }
}

TEST_F(Trainer, AnyNumberOfLoaderThreadsGivesTheSameLosses) {
  options::TrainOptions given = options("one", 7);
  given.rewrites = rewrites();
  given.objective = "laclip";
  given.workers = 1;
  train(given);
  given.name = "four";
  given.workers = 4;
  train(given);
  EXPECT_EQ(losses("one"), losses("four"));
}

TEST_F(Trainer, MicroBatchesTrainAsOneBatch) {
  options::TrainOptions given = options("whole", 10);
  given.objective = "laclip-mt";
  given.rewrites = rewrites();
  train(given);
  given.name = "parts";
  given.batch_size = 4;
  given.accum_freq = 4;
  train(given);
  const auto whole = rows("whole"), parts = rows("parts");
  ASSERT_EQ(parts.size(), 10U);
  for (size_t i = 0; i < parts.size(); ++i) {
    EXPECT_NEAR(parts[i]["loss"].get<double>(), whole[i]["loss"].get<double>(), 1e-3) << i;
    EXPECT_NEAR(parts[i]["logit_scale"].get<double>(), whole[i]["logit_scale"].get<double>(), 1e-3)
        << i;
    EXPECT_EQ(parts[i]["samples"], whole[i]["samples"]);
  }
}

TEST_F(Trainer, ATermThatReadsAllTextsGetsThemWhateverThePreset) {
  options::TrainOptions given = options("mt", 3);
  given.rewrites = rewrites();
  given.objective = "laclip-mt";
  given.decay_rule = "open_clip";
  train(given);
  given.name = "clip";
  given.objective = "clip";
  given.terms = {{"contrastive", 0}, {"multi-text", 1}};
  train(given);
  EXPECT_EQ(losses("clip"), losses("mt"));
  EXPECT_THAT(read_file(path("clip/config.toml")), testing::HasSubstr("caption-policy = \"all\""));
  given.name = "both";
  given.terms = {{"multi-text", 1}};
  train(given);
  EXPECT_EQ(rows("both")[0]["multi-text"], rows("mt")[0]["multi-text"]);
  for (const char* contradiction : {"original", "uniform"}) {
    given.name = "none";
    given.caption_policy = contradiction;
    const Error error = error_of(given);
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("a term of the objective reads all of them"));
    EXPECT_FALSE(fs::exists(path("none")));
  }
  given = options("none", 3);
  given.rewrites = rewrites();
  given.caption_policy = "all";
  EXPECT_THAT(error_of(given).what(), testing::HasSubstr("no term reads more than one"));
}

TEST_F(Trainer, APairedBaselineOfAllTextsReadsTheOriginalsAlone) {
  options::TrainOptions given = options("run", 3);
  given.objective = "laclip-mt";
  given.rewrites = rewrites();
  given.paired_baseline = true;
  train(given);
  options::TrainOptions plain = options("plain", 3);
  plain.decay_rule = "laclip";
  train(plain);
  EXPECT_EQ(losses("run-baseline"), losses("plain"));
}

TEST_F(Trainer, APairedBaselineNeedsARunThatReadsRewrites) {
  options::TrainOptions given = options("none", 3);
  given.rewrites = rewrites();
  given.paired_baseline = true;
  EXPECT_THAT(error_of(given).what(), testing::HasSubstr("objective clip reads none"));
  EXPECT_FALSE(fs::exists(path("none")));
}

// A model of FILIP's term alone has nothing to say by global features, and its folder says so.
TEST_F(Trainer, AModelSaysWhetherItsGlobalFeaturesWereTrained) {
  for (const std::string objective : {"filip", "defilip", "clip"}) {
    options::TrainOptions given = options(objective, 1);
    given.objective = objective;
    if (objective != "clip") given.term_options = {"filip.dim=8"};
    if (objective == "defilip") given.term_options.emplace_back("nearest-text.size=32");
    const fs::path model = train(given).model;
    EXPECT_EQ(fs::exists(model / losses::kFilipHeadsName), objective != "clip") << objective;
    EXPECT_EQ(losses::lacks_global_features(model), objective == "filip") << objective;
    EXPECT_EQ(losses::read_filip_heads(model).has_value(), objective != "clip") << objective;
  }
}

// What the further branches need lies beside the model, which has the first one's alone.
TEST_F(Trainer, ClassTokensLieBesideTheModel) {
  options::TrainOptions given = options("run", 2);
  given.objective = "laclip-mt";
  given.rewrites = rewrites();
  given.term_options = {"multi-text.class-tokens=3"};
  const fs::path model = train(given).model;
  const tensor::Safetensors file = tensor::read_safetensors(model / "class_tokens.safetensors"),
                            own = tensor::read_safetensors(
                                path("run/checkpoints/step_2/objective.safetensors"));
  const Tensor* tokens = file.find("class_tokens");
  ASSERT_NE(tokens, nullptr);
  ASSERT_EQ(tokens->sizes(), (std::vector<int64_t>{2, 128}));
  for (int64_t j = 1; j <= 2; ++j) {
    const Tensor* trained = own.find("multi-text.branch." + std::to_string(j) + ".class_embedding");
    ASSERT_NE(trained, nullptr);
    EXPECT_TRUE(torch::equal((*tokens)[j - 1], *trained));
  }
  EXPECT_EQ(models::load_model(model.string())->table().size(),
            models::load_model("tiny-32")->table().size());
  given.name = "too-many";
  given.term_options = {"multi-text.class-tokens=4"};
  EXPECT_THAT(error_of(given).what(), testing::HasSubstr("a pair has 3 texts"));
  EXPECT_FALSE(fs::exists(path("too-many")));
}

// Before data or weights are read.
TEST_F(Trainer, WhatATowerCannotServeIsToldFirst) {
  options::TrainOptions given = options("run", 2);
  given.model = "RN50";
  given.objective = "filip";
  given.train_data = path("nowhere.tar").string();
  const Error error = error_of(given);
  EXPECT_EQ(error.code(), ExitCode::kUsage);
  EXPECT_THAT(error.what(), testing::HasSubstr("RN50's image tower is a ResNet"));
  EXPECT_FALSE(fs::exists(path("run")));
}

// As published for DeCLIP: the mask is a row of the model's table, the projection has a bias.
TEST_F(Trainer, SwitchesOfTheTextTowerAreReadBackFromAModel) {
  options::TrainOptions given = options("run", 2);
  given.model = "tiny-32+text-bias+declip-tokens";
  given.objective = "declip-paper";
  given.texts = {"caption", "caption", "caption+masked+both-sides"};
  given.term_options = {"simsiam.width=16", "simsiam.hidden=8", "nearest-text.size=32"};
  const auto model = models::load_model(train(given).model.string());
  EXPECT_TRUE(model->config().text.projection_bias && model->config().text.declip_numbering);
  EXPECT_EQ(model->config().text.words(), 49408);
  const auto drawn = models::load_model(given.model);
  const auto moved = [&](int64_t row) {
    const std::string name = "token_embedding.weight";
    return (model->table().at(name).leaf[row] - drawn->table().at(name).leaf[row])
        .abs()
        .max()
        .item<double>();
  };
  // The mask, the start and the end are in every step; a word that is in no text only decays.
  for (const int64_t row : {49406, 49407, 49408}) EXPECT_GT(moved(row), 20 * moved(49000)) << row;
  EXPECT_GT(model->table().at("text_projection.bias").leaf.abs().max().item<double>(), 0);
  const tensor::Safetensors own =
      tensor::read_safetensors(path("run/checkpoints/step_2/objective.safetensors"));
  EXPECT_EQ(own.find("mask_token"), nullptr);
}

TEST_F(Trainer, APairedBaselineWithoutRewritesIsRefused) {
  options::TrainOptions given = options("run", 3);
  given.paired_baseline = true;
  EXPECT_THAT(error_of(given).what(), testing::HasSubstr("--rewrites FILE"));
  EXPECT_FALSE(fs::exists(path("run")));
}

// A second text that is a rewrite, against EDA's: held-out pairs are read alike by both.
TEST_F(Trainer, APairedBaselineIsValidatedOnTheSameTexts) {
  options::TrainOptions given = options("run", 2);
  given.objective = "ladeclip";
  given.terms = {{"nearest-text", 0}};  // remembers the texts of training
  given.term_options = {"simsiam.width=16", "simsiam.hidden=8"};
  given.rewrites = rewrites();
  given.val_data = given.train_data;
  given.lr = 1e-30;  // both stay where they start
  given.paired_baseline = true;
  train(given);
  EXPECT_THAT(read_file(path("run-baseline/config.toml")), testing::HasSubstr("eda"));
  const auto last = [&](const std::string& run) {
    return rows(run).back()["val_loss"].get<double>();
  };
  EXPECT_EQ(last("run-baseline"), last("run"));
  EXPECT_NE(losses("run-baseline"), losses("run"));
}

TEST_F(Trainer, TheMemoryOfTheLoaderChangesNoLoss) {
  options::TrainOptions given = options("much", 6);
  given.batch_size = 4;
  given.accum_freq = 4;
  train(given);
  given.name = "little";
  given.loader_memory = 1;
  given.workers = 3;
  train(given);
  EXPECT_EQ(losses("little"), losses("much"));
}

TEST_F(Trainer, OneTextOfMultiTextIsClip) {
  train(options("clip", 5));
  options::TrainOptions given = options("mt", 5);
  given.objective = "laclip-mt";
  given.caption_policy = "original";
  given.decay_rule = "open_clip";
  train(given);
  EXPECT_EQ(losses("clip"), losses("mt"));
}

TEST_F(Trainer, GoingBackToACheckpointRepeatsEveryLaterLossBitForBit) {
  options::TrainOptions given = options("run", 12);
  given.objective = "laclip";
  given.rewrites = rewrites();
  given.save_every_steps = 5;
  train(given);
  const auto before = losses("run");
  const std::string weights = read_file(path("run/model/open_clip_model.safetensors"));

  given.resume = path("run/checkpoints/step_5").string();
  const TrainResult result = train(given);
  EXPECT_EQ(result.steps, 12);
  EXPECT_EQ(losses("run"), before);
  EXPECT_EQ(read_file(path("run/model/open_clip_model.safetensors")), weights);
  EXPECT_TRUE(fs::exists(path("run/checkpoints/old_step_10")));

  // From the last checkpoint there is nothing left to do.
  given.resume = "latest";
  train(given);
  EXPECT_EQ(losses("run"), before);
}

TEST_F(Trainer, ResumingWithOtherSettingsIsRefusedUnlessAsked) {
  options::TrainOptions given = options("run", 4);
  train(given);
  given.resume = "latest";
  given.steps = 6;
  given.lr = 5e-4;
  const Error error = error_of(given);
  EXPECT_EQ(error.code(), ExitCode::kUsage);
  EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("lr was 0.001 and is now 0.0005"),
                                           testing::HasSubstr("steps was 4 and is now 6")));
  given.allow_changes = true;
  EXPECT_EQ(train(given).steps, 6);
  EXPECT_EQ(rows("run").size(), 6U);
}

TEST_F(Trainer, AModelOfOtherValuesDoesNotResume) {
  options::TrainOptions given = options("run", 2);
  given.model = path("quick").string();
  models::ModelConfig config = models::find_model_config("tiny-32");
  config.vision.activation = config.text.activation = models::Activation::kQuickGelu;
  models::write_open_clip_directory(models::Clip(config, 1), given.model);
  train(given);
  given.resume = "latest";
  given.model = path("plain").string();
  models::write_open_clip_directory(models::Clip(models::find_model_config("tiny-32"), 1),
                                    given.model);
  EXPECT_THAT(error_of(given).what(),
              testing::HasSubstr("model.vision.activation was \"quick_gelu\" and is now \"gelu\""));
  EXPECT_EQ(rows("run").size(), 2U);
}

TEST_F(Trainer, ACheckpointOfAnEarlierVersionResumesAndSaysWhatItCouldNotCompare) {
  options::TrainOptions given = options("run", 4);
  given.save_every_steps = 2;
  train(given);
  const auto before = losses("run");
  // As checkpoints were written before models were part of a trajectory.
  const fs::path checkpoint = path("run/checkpoints/step_2");
  Json state = read_json(checkpoint / "state.json"), done = read_json(checkpoint / "DONE");
  for (const char* key : {"model", "preprocessing", "starting weights", "picture fingerprint"})
    ASSERT_EQ(state["trajectory"].erase(key), 1U) << key;
  const std::string text = state.dump(2);
  write_file(checkpoint / "state.json", text);
  char sum[17];
  std::snprintf(sum, sizeof sum, "%016lx", static_cast<unsigned long>(hash64(text)));
  done["files"]["state.json"] = {{"bytes", text.size()}, {"xxh3", sum}};
  write_file(checkpoint / "DONE", done.dump());

  given.resume = checkpoint.string();
  EXPECT_EQ(train(given).steps, 4);
  EXPECT_EQ(losses("run"), before);
  EXPECT_THAT(read_file(path("run/out.log")),
              testing::HasSubstr("does not say starting weights; picture fingerprint; whether that "
                                 "is as it was could not be compared"));
  fs::remove_all(path("run/checkpoints/old_step_4"));
  given.resume = checkpoint.string();
  given.model = "ViT-S-32";
  EXPECT_THAT(error_of(given).what(), testing::HasSubstr("model.vision.width was 128"));
}

TEST_F(Trainer, ResumingOnOtherDataIsRefused) {
  options::TrainOptions given = options("run", 4);
  train(given);
  given.resume = "latest";
  given.rewrites = {rewrites()[0]};
  EXPECT_THAT(error_of(given).what(), testing::HasSubstr("data fingerprint"));
}

TEST_F(Trainer, ARunThatCannotStartLeavesNoFolder) {
  options::TrainOptions given = options("run", 4);
  given.batch_size = 64;
  EXPECT_EQ(error_of(given).code(), ExitCode::kInput);
  given = options("run", 4);
  given.model = "tiny-33";
  EXPECT_THAT(error_of(given).what(), testing::HasSubstr("tiny-32"));
  given = options("run", 4);
  given.objective = "laclip";
  EXPECT_THAT(error_of(given).what(), testing::HasSubstr("--rewrites"));
  given = options("run", 4);
  given.train_data = "/no/such/data.tar";
  EXPECT_NE(error_of(given).code(), ExitCode::kDone);
  EXPECT_FALSE(fs::exists(path("run")));
}

TEST_F(Trainer, ALossThatIsNotFiniteStopsTheRunAndNamesTheLastGoodCheckpoint) {
  options::TrainOptions given = options("run", 9);
  given.lr = 1e30;
  given.lr_scheduler = "const";
  given.warmup = "0";
  given.save_every_steps = 1;
  const Error error = error_of(given);
  EXPECT_EQ(error.code(), ExitCode::kFailed);
  EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("of step 2 is not finite"),
                                           testing::HasSubstr("checkpoints/step_1")));
  EXPECT_EQ(rows("run").size(), 1U);
}

TEST_F(Trainer, TheScaleStaysBelowAHundred) {
  const auto model = models::load_model("tiny-32", 0);
  {
    const torch::NoGradGuard no_grad;
    model->logit_scale().fill_(6);
  }
  models::write_open_clip_directory(*model, path("start"));
  options::TrainOptions given = options("run", 3);
  given.model = path("start").string();
  train(given);
  EXPECT_GT(rows("run")[0]["logit_scale"].get<double>(), 400);
  EXPECT_LT(rows("run")[1]["logit_scale"].get<double>(), 100.001);
}

TEST_F(Trainer, APairedBaselineIsThePlainRunOnTheOriginals) {
  options::TrainOptions given = options("run", 5);
  given.objective = "laclip";
  given.rewrites = rewrites();
  given.paired_baseline = true;
  const TrainResult result = train(given);
  EXPECT_EQ(result.folder, path("run"));
  EXPECT_THAT(read_file(path("run-baseline/config.toml")),
              testing::HasSubstr("caption-policy = \"original\""));
  options::TrainOptions plain = options("plain", 5);
  plain.decay_rule = "laclip";
  train(plain);
  EXPECT_EQ(losses("run-baseline"), losses("plain"));
  EXPECT_NE(losses("run-baseline"), losses("run"));
}

/// Every sixth picture cannot be decoded.
class Damaged final : public data::source::Dataset {
 public:
  explicit Damaged(std::shared_ptr<const data::source::Dataset> base) : base_(std::move(base)) {}
  int64_t size() const override { return base_->size(); }
  std::string key(int64_t index) const override { return base_->key(index); }
  std::string caption(int64_t index) const override { return base_->caption(index); }
  data::source::ImageBytes image(int64_t index) const override {
    data::source::ImageBytes bytes = base_->image(index);
    if (index % 6 == 0) bytes.view = bytes.view.first(20);
    return bytes;
  }
  std::string describe() const override { return "damaged pictures"; }

 private:
  std::shared_ptr<const data::source::Dataset> base_;
};

TEST_F(Trainer, UnusableSamplesAreCountedAndReplaced) {
  const auto pairs = std::make_shared<Damaged>(std::shared_ptr<const data::source::Dataset>(
      data::source::open_dataset({.source = (kGolden / "pictures.tar").string()})));
  const auto captions = std::make_shared<data::captions::CaptionTable>(
      data::captions::CaptionTable::build(*pairs, {}));
  options::TrainOptions given = options("run", 6);
  given.shuffle = false;
  const TrainResult result = train(given, pairs, captions);
  // Two passes over 48 pairs meet 8 damaged ones each, and some of the stand-ins are damaged, too.
  EXPECT_GE(result.skipped, 16);
  EXPECT_EQ(rows("run")[5]["skipped"].get<int64_t>(), result.skipped);
  EXPECT_EQ(result.steps, 6);
}

}  // namespace
}  // namespace clipwright::train::loop
