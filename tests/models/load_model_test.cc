#include "models/load_model.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "models/clip.h"

namespace clipwright::models {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/models";

class LoadModel : public testing::Test {
 protected:
  LoadModel() {
    std::string pattern = (fs::temp_directory_path() / "clipwright-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~LoadModel() override { fs::remove_all(folder_); }

  void add_checkpoint(const std::string& name, bool done) const {
    const fs::path place = folder_ / "checkpoints" / name;
    fs::create_directories(place);
    fs::copy_file(kGolden / "vit/open_clip_model.safetensors", place / "model.safetensors");
    fs::copy_file(kGolden / "vit/open_clip_config.json", place / "open_clip_config.json");
    if (done) write_file(place / "DONE", "");
  }

  std::string error_of(const std::string& model, ExitCode code) const {
    try {
      load_model(model);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "loaded " << model;
    return {};
  }

  fs::path folder_;
};

TEST_F(LoadModel, ReadsTheModelOfARun) {
  fs::create_directories(folder_ / "run");
  fs::copy(kGolden / "vit", folder_ / "run/model");
  EXPECT_EQ(load_model((folder_ / "run").string())->config().embed_dim, 16);
  EXPECT_EQ(load_model((folder_ / "run/model").string() + "/")->config().embed_dim, 16);
  EXPECT_FALSE(load_model((folder_ / "run").string())->is_training());
}

TEST_F(LoadModel, ReadsCheckpointsThatAreDone) {
  add_checkpoint("step_9", true);
  add_checkpoint("step_10", false);
  EXPECT_EQ(load_model((folder_ / "checkpoints/step_9").string())->config().embed_dim, 16);
  EXPECT_EQ(load_model(folder_.string())->config().embed_dim, 16);
  EXPECT_NE(error_of((folder_ / "checkpoints/step_10").string(), ExitCode::kInput).find("DONE"),
            std::string::npos);
}

TEST_F(LoadModel, FinishedCheckpointsAreSortedByTheirStep) {
  for (const char* name : {"step_10", "step_9", "step_200"}) add_checkpoint(name, true);
  add_checkpoint("step_11", false);
  add_checkpoint("old_step_3", true);
  std::vector<int64_t> steps;
  for (const fs::path& folder : finished_checkpoints(folder_ / "checkpoints"))
    steps.push_back(checkpoint_step(folder));
  EXPECT_EQ(steps, (std::vector<int64_t>{9, 10, 200}));
  EXPECT_TRUE(finished_checkpoints(folder_ / "nothing").empty());
  for (const char* name : {"step_", "step_1a", "old_step_3", "model"})
    EXPECT_EQ(checkpoint_step(folder_ / name), -1) << name;
}

TEST_F(LoadModel, SaysWhatIsThereInstead) {
  EXPECT_NE(error_of(folder_.string(), ExitCode::kInput).find("holds no model"), std::string::npos);
  write_file(folder_ / "config.json", "{}");
  EXPECT_NE(error_of(folder_.string(), ExitCode::kInput).find("Hugging Face"), std::string::npos);
  write_file(folder_ / "weights.pt", "");
  EXPECT_NE(error_of((folder_ / "weights.pt").string(), ExitCode::kInput).find("is empty"),
            std::string::npos);
  EXPECT_NE(error_of((folder_ / "nothing").string(), ExitCode::kInput).find("no such folder"),
            std::string::npos);
  EXPECT_NE(error_of("tiny-23", ExitCode::kUsage).find("Did you mean 'tiny-32'?"),
            std::string::npos);
}

TEST_F(LoadModel, TellsWhatBringsWeights) {
  write_file(folder_ / "mine.json", "{}");
  for (const auto& [model, brings] : std::vector<std::pair<std::string, bool>>{
           {"tiny-32", false},
           {(folder_ / "mine.json").string(), false},
           {(kGolden / "vit").string(), true},
           {(kGolden / "vit/open_clip_model.safetensors").string(), true},
           {(kGolden / "../hugging_face/plain").string(), true},
           {(kGolden / "../torch_files/openai/script.pt").string(), true}})
    EXPECT_EQ(has_weights(model), brings) << model;
}

TEST_F(LoadModel, MakesBuiltInModelsFromASeed) {
  const auto first = load_model("tiny-32", 1), again = load_model("tiny-32", 1),
             other = load_model("tiny-32", 2);
  const auto a = first->table().file_tensors(), b = again->table().file_tensors(),
             c = other->table().file_tensors();
  bool differs = false;
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(torch::equal(a[i].second, b[i].second)) << a[i].first;
    differs = differs || !torch::equal(a[i].second, c[i].second);
  }
  EXPECT_TRUE(differs);
}

TEST_F(LoadModel, AConfigurationIsReadWithoutItsWeights) {
  fs::copy(kGolden / "vit", folder_ / "model");
  EXPECT_EQ(read_model_config((folder_ / "model").string()).embed_dim, 16);
  EXPECT_EQ(read_model_config("RN50").vision.resnet_layers.size(), 4U);
  EXPECT_EQ(read_model_config("tiny-32+text-bias").name, "tiny-32+text-bias");
  EXPECT_THROW(read_model_config("tiny-23"), Error);
  EXPECT_THROW(read_model_config((folder_ / "nothing").string()), Error);
}

TEST_F(LoadModel, WhatOnlyUsesAModelWantsATrainedOne) {
  fs::copy(kGolden / "vit", folder_ / "model");
  EXPECT_EQ(load_trained_model((folder_ / "model").string())->config().embed_dim, 16);
  for (const std::string given : {"tiny-32", "tiny-23"}) {
    try {
      load_trained_model(given);
      ADD_FAILURE() << "loaded " << given;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), given == "tiny-32" ? ExitCode::kUsage : ExitCode::kInput);
      const std::string message = error.what();
      EXPECT_EQ(message.find("untrained") != std::string::npos, given == "tiny-32") << message;
      EXPECT_NE(message.find("LOGS/NAME/model"), std::string::npos) << message;
    }
  }
}

}  // namespace
}  // namespace clipwright::models
