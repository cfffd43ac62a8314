#include "train/folder/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "losses/presets.h"
#include "models/load_model.h"
#include "models/weights_digest.h"
#include "tensor/safetensors.h"
#include "tests/models/architecture_kinds.h"
#include "tests/temporary_folder.h"
#include "tests/train/objective_inputs.h"
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
    return save_checkpoint(checkpoints(), state_at(step), {model_, objective_, optimizer_});
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
  load_tensors(path, state, {other, objective_, optimizer});
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
    EXPECT_THAT(error_of(path),
                testing::AllOf(testing::HasSubstr(file), testing::HasSubstr("is missing"),
                               testing::HasSubstr("earlier step_<N>")));
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
  EXPECT_THROW(load_tensors(path, read_train_state(path), {other, objective_, optimizer}), Error);
}

/// What loading says of a checkpoint of these in which a tensor of a file was changed.
std::string told(const fs::path& checkpoint, models::Clip& model, losses::Objective& objective,
                 const std::string& file, const std::string& name,
                 const std::function<Tensor(const Tensor&)>& change) {
  const std::string good = read_file(checkpoint / file);
  std::vector<NamedTensor> tensors;
  for (const auto& [found, value] : tensor::read_safetensors(checkpoint / file).tensors)
    tensors.emplace_back(found, found == name ? change(value.clone()) : value.clone());
  tensor::write_safetensors(checkpoint / file, tensors);
  tensor::ParameterTable all = model.table();
  all.append(objective.table());
  optim::AdamW optimizer(all, {});
  std::string said;
  try {
    load_tensors(checkpoint, {}, {model, objective, optimizer});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput) << error.what();
    said = error.what();
  }
  write_file(checkpoint / file, good);
  return said;
}

/// What no training leaves in a buffer of this name: at least one value of each kind of buffer.
std::vector<std::function<Tensor(const Tensor&)>> flaws_of(const std::string& name,
                                                           const Tensor& like) {
  std::vector<std::function<Tensor(const Tensor&)>> flaws;
  if (like.is_floating_point()) {
    for (const double number : {std::nan(""), double{INFINITY}}) {
      flaws.emplace_back([number](Tensor value) {
        value.view(-1)[value.numel() - 1] = number;
        return value;
      });
    }
  } else {
    flaws.emplace_back([](const Tensor& value) { return value - 1000; });
  }
  if (name.ends_with("running_var"))
    flaws.emplace_back([](const Tensor& value) { return -value - 1; });
  if (name.ends_with("queue.position")) {
    flaws.emplace_back([](const Tensor& value) { return torch::full_like(value, 40); });
  }
  if (name.ends_with("queue.filled")) {
    flaws.emplace_back([](const Tensor& value) { return torch::full_like(value, 41); });
  }
  if (name.ends_with(".queue")) {
    for (const double factor : {0.0, 0.5, -1.5}) {
      flaws.emplace_back([factor](Tensor value) {
        value[7] *= factor;
        return value;
      });
    }
  }
  return flaws;
}

// Such a run would stop at its next step with a loss of NaN, and blame its rate.
TEST_F(Checkpoint, OfEveryObjectiveADamagedBufferIsNamedWithItsFile) {
  std::set<std::string> seen, kinds;
  for (const std::string& name : objective_cases()) {
    losses::Objective objective(small_preset(name), model_.config(), 5);
    tensor::ParameterTable all = model_.table();
    all.append(objective.table());
    optim::AdamW optimizer(all, {});
    const fs::path path =
        save_checkpoint(checkpoints(), state_at(7), {model_, objective, optimizer});
    for (const tensor::TableEntry& entry : objective.table().entries()) {
      if (entry.kind != tensor::TensorKind::kBuffer || !seen.insert(entry.name).second) continue;
      kinds.insert(entry.name.substr(entry.name.rfind('.')));
      const auto flaws = flaws_of(entry.name, entry.leaf);
      for (size_t i = 0; i < flaws.size(); ++i) {
        EXPECT_THAT(
            told(path, model_, objective, "objective.safetensors", entry.name, flaws[i]),
            testing::AllOf(testing::HasSubstr((path / "objective.safetensors").string()),
                           testing::HasSubstr(entry.name), testing::HasSubstr("earlier step_<N>")))
            << name << ", " << entry.name << ", flaw " << i;
      }
      EXPECT_EQ(told(path, model_, objective, "objective.safetensors", entry.name,
                     [](const Tensor& value) { return value; }),
                "")
          << name;
    }
  }
  EXPECT_EQ(kinds, (std::set<std::string>{".filled", ".num_batches_tracked", ".position", ".queue",
                                          ".running_mean", ".running_var"}));
}

TEST_F(Checkpoint, AQueueOfHalfPrecisionIsOfUnitLengthButForItsRounding) {
  for (const char* type : {"fp16", "bf16"}) {
    losses::ObjectiveConfig config = small_preset("declip");
    for (losses::TermConfig& term : config.terms) {
      if (term.name == "nearest-text") term.options["type"] = type;
    }
    losses::Objective objective(config, model_.config(), 5);
    tensor::ParameterTable all = model_.table();
    all.append(objective.table());
    optim::AdamW optimizer(all, {});
    const fs::path path =
        save_checkpoint(checkpoints(), state_at(7), {model_, objective, optimizer});
    const std::string queue = "nearest-text.queue", file = "objective.safetensors";
    EXPECT_EQ(told(path, model_, objective, file, queue, [](const Tensor& value) { return value; }),
              "");
    EXPECT_THAT(
        told(path, model_, objective, file, queue, [](const Tensor& value) { return value * 0.9; }),
        testing::HasSubstr("40 rows that are not of unit length"));
  }
}

TEST_F(Checkpoint, ParametersStatisticsAndMomentsThatTrainingCannotLeaveAreNamed) {
  models::Clip resnet(models::reduced(models::find_model_config("RN50")), 1);
  losses::Objective objective(losses::find_preset("clip"), resnet.config());
  optim::AdamW optimizer(resnet.table(), {});
  const fs::path path = save_checkpoint(checkpoints(), state_at(7), {resnet, objective, optimizer});
  const auto broken = [](const Tensor& value) { return value * NAN; };
  const auto below = [](const Tensor& value) { return value - 1000; };
  const std::tuple<const char*, const char*, std::function<Tensor(const Tensor&)>> cases[] = {
      {"model.safetensors", "logit_scale", broken},
      {"model.safetensors", "visual.bn1.running_mean", broken},
      {"model.safetensors", "visual.bn1.running_var", below},
      {"model.safetensors", "visual.bn1.num_batches_tracked", below},
      {"optimizer.safetensors", "exp_avg.logit_scale", broken},
      {"optimizer.safetensors", "exp_avg_sq.logit_scale", below}};
  for (const auto& [file, name, change] : cases) {
    EXPECT_THAT(told(path, resnet, objective, file, name, change),
                testing::AllOf(testing::HasSubstr((path / file).string()), testing::HasSubstr(name),
                               testing::HasSubstr("earlier step_<N>")))
        << name;
  }
}

TEST_F(Checkpoint, WithoutTheObjectivesTensorsItSaysWhichFileIsMissing) {
  losses::Objective objective(small_preset("declip"), model_.config(), 5);
  const fs::path path =
                     save_checkpoint(checkpoints(), state_at(7), {model_, objective, optimizer_}),
                 file = path / "objective.safetensors";
  fs::remove(file);
  const auto names_it =
      testing::AllOf(testing::HasSubstr(file.string()), testing::HasSubstr("is missing"),
                     testing::HasSubstr("earlier step_<N>"));
  EXPECT_THAT(error_of(path), names_it);
  try {
    load_tensors(path, state_at(7), {model_, objective, optimizer_});
    FAIL() << "loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_THAT(error.what(), testing::AllOf(names_it, testing::HasSubstr("declip")));
  }
}

}  // namespace
}  // namespace clipwright::train::folder
