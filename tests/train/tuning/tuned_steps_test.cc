// Ten steps of ways to fine-tune against open_clip 3.3.0 and torch
// (tests/golden/make_tuned_steps.py).
#include <gtest/gtest.h>

#include <cmath>

#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "losses/presets.h"
#include "optim/moving_average.h"
#include "optim/schedule.h"
#include "tensor/safetensors.h"
#include "tests/train/golden_batches.h"
#include "tests/train/small_model.h"
#include "train/loop/run_parts.h"
#include "train/loop/step.h"

namespace clipwright::train::tuning {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden";

/// The matrices that the script drew.
void set_golden_adapters(const models::Clip& model) {
  const torch::NoGradGuard no_grad;
  for (const models::tuning::Adapter& adapter : model.adapters().list()) {
    const Tensor& a = adapter.low_rank.a;
    const Tensor index = torch::arange(a.numel(), torch::kDouble).view(a.sizes());
    a.copy_(torch::sin(index * 0.7 + static_cast<double>(adapter.name.size())).to(torch::kFloat32) *
            0.2);
  }
}

class TunedSteps : public testing::TestWithParam<std::tuple<std::string, int64_t>> {};

TEST_P(TunedSteps, EqualThePeers) {
  configure_log({.quiet = true});
  const auto& [way, micro_batch] = GetParam();
  const Json golden = read_json(kGolden / "tuned_steps.json"), settings = golden["settings"],
             expected = golden[way];
  options::TrainOptions options;
  options.wd = settings["wd"];
  options.lr = settings["lr"];
  if (way == "lock-image") options.lock_image = true;
  if (way == "lock-both") {
    options.lock_image = options.lock_text = true;
    options.lock_image_unlocked_groups = 2;
    options.lock_text_unlocked_layers = 1;
  }
  if (way == "layer-decay") {
    options.image_layer_decay = 0.5;
    options.text_layer_decay = 0.75;
  }
  if (way == "lora") {
    options.lora_rank = settings["rank"];
    options.lora_alpha = settings["alpha"];
  }
  models::Clip model(small_config());
  model.load_state(tensor::read_safetensors(kGolden / "training/initial.safetensors").tensors,
                   "initial");
  losses::Objective objective(losses::find_preset("clip"), model.config());
  loop::join_objective(options, objective, model);
  set_golden_adapters(model);
  optim::AdamW optimizer = loop::build_optimizer(options, "open_clip", model, objective);
  optim::MovingAverage average(loop::model_parameters(model), settings["ema"]);
  const optim::Schedule schedule(optim::ScheduleKind::kCosine, settings["lr"], settings["warmup"],
                                 settings["steps"]);
  const NpyArray pixels = read_npy(kGolden / "training/batches.npy"),
                 tokens = read_npy(kGolden / "training/tokens.npy");
  for (int64_t step = 0; step < settings["steps"].get<int64_t>(); ++step) {
    const double loss = loop::forward_backward(model, objective, batch_of(pixels, tokens, step % 2),
                                               {.micro_batch = micro_batch})
                            .loss,
                 theirs = expected["losses"][static_cast<size_t>(step)];
    EXPECT_NEAR(loss, theirs, 1e-4 * theirs) << "step " << step;
    optimizer.step(schedule.at(step));
    optimizer.clear_gradients();
    objective.clamp(model.logit_scale());
    average.update();
  }
  std::optional<optim::MovingAverage::Applied> applied;
  if (way == "ema") applied.emplace(average);
  const double after = loop::evaluate_step(model, objective, batch_of(pixels, tokens, 0), {}).loss;
  EXPECT_NEAR(after, expected["after"].get<double>(), 2e-4 * after);
}

INSTANTIATE_TEST_SUITE_P(Ways, TunedSteps,
                         testing::Combine(testing::Values("lock-image", "lock-both", "layer-decay",
                                                          "ema", "lora"),
                                          testing::Values(0, 2)));

}  // namespace
}  // namespace clipwright::train::tuning
