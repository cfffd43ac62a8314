// Runs with a sentence encoder as the text tower.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "models/encoders/pretrained_text.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "tests/temporary_folder.h"
#include "train/loop/trainer.h"

namespace clipwright::train::loop {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden";

class PretrainedTextRun : public testing::TestWithParam<const char*> {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }

  options::TrainOptions options(const std::string& name, int64_t steps) const {
    options::TrainOptions options;
    options.train_data = (kGolden / "training/pictures.tar").string();
    options.rewrites = {(kGolden / "training/chatgpt.txt").string()};
    options.objective = "laclip";
    options.model = "tiny-32";
    options.text_model = encoder();
    options.batch_size = 16;
    options.steps = steps;
    options.lr = 1e-3;
    options.warmup = "1";
    options.threads = 1;
    options.save_frequency = 0;
    options.show_status = false;
    options.logs = folder_.path().string();
    options.name = name;
    return options;
  }
  static std::string encoder() { return (kGolden / "sentence_encoders" / GetParam()).string(); }
  std::vector<Json> losses(const std::string& name) const {
    std::vector<Json> list;
    std::ifstream file(folder_.path() / name / "metrics.jsonl");
    for (std::string line; std::getline(file, line);)
      list.push_back(parse_json(line, name)["loss"]);
    return list;
  }
  TemporaryFolder folder_;
};

TEST_P(PretrainedTextRun, TrainsSavesAndResumesToTheBit) {
  train(options("whole", 6));
  options::TrainOptions parts = options("parts", 6);
  parts.save_every_steps = 3;
  parts.on_step = [&](const options::StepReport& report) {
    if (report.step == 4) throw std::runtime_error("killed");
  };
  EXPECT_THROW(train(parts), std::runtime_error);
  parts.on_step = {};
  parts.resume = "latest";
  train(parts);
  EXPECT_EQ(losses("whole"), losses("parts"));

  const auto before = models::encoders::exchange_text_tower(*models::load_model("tiny-32", 0),
                                                            encoder(), 0, 0),
             after = models::load_trained_model((folder_.path() / "whole").string()),
             resumed = models::load_trained_model((folder_.path() / "parts").string());
  for (const tensor::TableEntry& entry : after->table().entries()) {
    EXPECT_TRUE(torch::equal(entry.leaf, resumed->table().at(entry.name).leaf)) << entry.name;
    if (entry.cancelled.empty())
      EXPECT_FALSE(torch::equal(entry.leaf, before->table().at(entry.name).leaf)) << entry.name;
  }
  // What is written is read by itself, and goes on without the encoder's folder.
  options::TrainOptions further = options("further", 1);
  further.text_model = "";
  further.model = (folder_.path() / "whole/model").string();
  EXPECT_NO_THROW(train(further));
}

TEST_P(PretrainedTextRun, LossesDoNotDependOnMicroBatchesAndWorkers) {
  options::TrainOptions small = options("small", 2);
  small.batch_size = 4;
  small.accum_freq = 4;
  small.workers = 3;
  train(options("whole", 2));
  train(small);
  const std::vector<Json> one = losses("whole"), other = losses("small");
  for (size_t i = 0; i < one.size(); ++i)
    EXPECT_NEAR(one[i].get<double>(), other[i].get<double>(), 1e-5) << i;
}

TEST_P(PretrainedTextRun, ALockHoldsTheEncoderAndSparesTheProjection) {
  options::TrainOptions locked = options("locked", 3);
  locked.lock_text = true;
  train(locked);
  locked.name = "last";
  locked.lock_text_unlocked_layers = 1;
  train(locked);
  const auto before = models::encoders::exchange_text_tower(*models::load_model("tiny-32", 0),
                                                            encoder(), 0, 0),
             whole = models::load_trained_model((folder_.path() / "locked").string()),
             but_one = models::load_trained_model((folder_.path() / "last").string());
  for (const tensor::TableEntry& entry : before->table().entries()) {
    const bool is_encoder = entry.name.starts_with("text.transformer."),
               last = entry.name.starts_with("text.transformer.encoder.layer.1.");
    if (!entry.cancelled.empty()) continue;
    EXPECT_EQ(torch::equal(entry.leaf, whole->table().at(entry.name).leaf), is_encoder)
        << entry.name;
    EXPECT_EQ(torch::equal(entry.leaf, but_one->table().at(entry.name).leaf), is_encoder && !last)
        << entry.name;
  }
}

TEST_P(PretrainedTextRun, WhatAnEncoderHasNotIsRefused) {
  options::TrainOptions given = options("run", 1);
  given.lora_rank = 2;
  EXPECT_THROW(train(given), Error);
  given = options("run", 1);
  given.context_length = 1000;
  EXPECT_THROW(train(given), Error);
  given = options("run", 1);
  given.objective = "filip";
  EXPECT_THROW(train(given), Error);
}

INSTANTIATE_TEST_SUITE_P(Encoders, PretrainedTextRun, testing::Values("bert-mean", "roberta-last"));

}  // namespace
}  // namespace clipwright::train::loop
