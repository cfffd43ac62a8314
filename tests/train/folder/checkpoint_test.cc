#include "train/folder/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "core/file.h"
#include "losses/presets.h"
#include "models/load_model.h"
#include "models/weights_digest.h"
#include "tests/temporary_folder.h"
#include "tests/train/small_model.h"

namespace clipwright::train::folder {
namespace {

class Checkpoint : public testing::Test {
 protected:
  Checkpoint()
      : model_(small_config(), 1),
        objective_(losses::find_preset("clip"), small_config()),
        optimizer_(model_.table(), {}) {
    const torch::NoGradGuard no_grad;
    for (const tensor::TableEntry& entry : model_.table().entries())
      entry.leaf.mutable_grad() = torch::full_like(entry.leaf, 0.25);
    optimizer_.step(1e-3);
  }

  TrainState state_at(int64_t step) const {
    TrainState state;
    state.step = step;
    state.samples = 8 * step;
    state.pass = 1;
    state.batch = 2;
    state.skipped = 3;
    state.machine = "test";
    state.trajectory = {{"lr", 1e-3}};
    return state;
  }
  fs::path save(int64_t step) {
    return save_checkpoint(checkpoints(), state_at(step), model_, objective_, optimizer_);
  }
  fs::path checkpoints() const { return folder_.path() / "checkpoints"; }
  std::set<std::string> names() const {
    std::set<std::string> list;
    for (const auto& entry : fs::directory_iterator(checkpoints()))
      list.insert(entry.path().filename().string());
    return list;
  }
  std::string error_of(const fs::path& checkpoint) {
    try {
      read_train_state(checkpoint);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
  models::Clip model_;
  losses::Objective objective_;
  optim::AdamW optimizer_;
};

TEST_F(Checkpoint, EverythingComesBack) {
  const fs::path path = save(7);
  EXPECT_EQ(path, checkpoints() / "step_7");
  const TrainState state = read_train_state(path);
  EXPECT_EQ(state.step, 7);
  EXPECT_EQ(state.samples, 56);
  EXPECT_EQ(state.pass, 1);
  EXPECT_EQ(state.batch, 2);
  EXPECT_EQ(state.skipped, 3);
  EXPECT_EQ(state.trajectory, (Json{{"lr", 1e-3}}));

  models::Clip other(small_config(), 2);
  optim::AdamW optimizer(other.table(), {});
  load_tensors(path, state, other, objective_, optimizer);
  const auto expected = model_.table().file_tensors(), got = other.table().file_tensors();
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(torch::equal(expected[i].second, got[i].second)) << expected[i].first;
  const auto expected_moments = optimizer_.state(), got_moments = optimizer.state();
  for (size_t i = 0; i < expected_moments.size(); ++i) {
    EXPECT_TRUE(torch::equal(expected_moments[i].second, got_moments[i].second))
        << expected_moments[i].first;
  }
  EXPECT_EQ(optimizer.steps_done(), 1);
}

TEST_F(Checkpoint, IsAModelDirectory) {
  EXPECT_EQ(models::weights_digest(*models::load_model(save(7).string())),
            models::weights_digest(model_));
}

TEST_F(Checkpoint, WithoutDoneItDoesNotCount) {
  save(5);
  fs::remove(save(7) / "DONE");
  EXPECT_EQ(latest_checkpoint(checkpoints()), checkpoints() / "step_5");
  EXPECT_THAT(error_of(checkpoints() / "step_7"), testing::HasSubstr("has no DONE"));
}

TEST_F(Checkpoint, StepsAreComparedAsNumbers) {
  save(9);
  save(10);
  EXPECT_EQ(latest_checkpoint(checkpoints()), checkpoints() / "step_10");
}

TEST_F(Checkpoint, ADamagedByteOrACutFileIsNamed) {
  for (const char* file : {"model.safetensors", "optimizer.safetensors", "state.json"}) {
    const fs::path path = save(7);
    std::string bytes = read_file(path / file);
    bytes[bytes.size() / 2] ^= 1;
    write_file(path / file, bytes);
    EXPECT_THAT(error_of(path),
                testing::AllOf(testing::HasSubstr(file), testing::HasSubstr("damaged")))
        << file;
    bytes.resize(bytes.size() / 2);
    write_file(path / file, bytes);
    EXPECT_THAT(error_of(path), testing::HasSubstr("damaged")) << file;
    fs::remove(path / file);
    EXPECT_NE(error_of(path), "") << file;
  }
  EXPECT_NE(error_of(checkpoints() / "step_8"), "");
}

TEST_F(Checkpoint, TheNewestAreKeptAndUnfinishedOnesGo) {
  for (const int64_t step : {5, 10, 15, 20}) save(step);
  make_folder(checkpoints() / ".unfinished_step_25");
  make_folder(checkpoints() / "step_30");  // killed between its name and its DONE
  delete_old_checkpoints(checkpoints(), 0);
  EXPECT_EQ(names(), (std::set<std::string>{"step_5", "step_10", "step_15", "step_20"}));
  delete_old_checkpoints(checkpoints(), 2);
  EXPECT_EQ(names(), (std::set<std::string>{"step_15", "step_20"}));
}

TEST_F(Checkpoint, GoingBackSetsTheFutureAside) {
  for (const int64_t step : {5, 10, 15}) save(step);
  set_aside_checkpoints_after(checkpoints(), 5);
  EXPECT_EQ(names(), (std::set<std::string>{"step_5", "old_step_10", "old_step_15"}));
  EXPECT_EQ(latest_checkpoint(checkpoints()), checkpoints() / "step_5");
}

TEST_F(Checkpoint, AnotherModelIsRefused) {
  const fs::path path = save(7);
  models::ModelConfig config = small_config();
  config.text.layers = 3;
  models::Clip other(config, 2);
  optim::AdamW optimizer(other.table(), {});
  EXPECT_THROW(load_tensors(path, read_train_state(path), other, objective_, optimizer), Error);
}

}  // namespace
}  // namespace clipwright::train::folder
