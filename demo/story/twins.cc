#include "demo/story/twins.h"

#include <algorithm>
#include <cstdio>

#include "train/loop/trainer.h"

namespace clipwright::demo::story {
namespace {

constexpr int64_t kBatch = 128;
constexpr int64_t kWarmup = 50;
constexpr int64_t kSaveEvery = 250;

}  // namespace

const std::vector<Arm>& demo_arms() {
  static const std::vector<Arm> arms = {
      {"clip", "CLIP"}, {"laclip", "LaCLIP"}, {"laclip-mt", "LaCLIP-MT"}};
  return arms;
}

std::string Twin::name() const {
  return arm.name + "-s" + std::to_string(seed) + (equal_time ? "-equal-time" : "");
}

std::string Twin::title() const {
  return arm.title + ", seed " + std::to_string(seed) + (equal_time ? ", equal time" : "");
}

train::options::TrainOptions twin_options(const Twin& twin, const std::filesystem::path& runs,
                                          int64_t pairs) {
  train::options::TrainOptions options;
  options.objective = twin.arm.name;
  options.model = "tiny-32";
  options.batch_size = std::min(kBatch, pairs);
  options.steps = twin.steps;
  options.lr = 1e-3;
  options.wd = 0.1;
  options.warmup = std::to_string(std::min(kWarmup, std::max<int64_t>(1, twin.steps / 10)));
  options.decay_rule = "open_clip";
  options.seed = twin.seed;
  options.logs = runs.string();
  options.name = twin.name();
  options.resume = "latest";
  options.save_frequency = 0;
  options.save_every_steps = kSaveEvery;
  options.keep_checkpoints = 1;
  options.show_status = false;
  return options;
}

Json describe_twin(const train::options::TrainOptions& options) {
  Json settings = train::options::describe_options(options);
  // Where it is written and how often it is saved change nothing.
  settings.erase("run");
  return settings;
}

Json train_twin(const train::options::TrainOptions& options,
                const std::shared_ptr<const data::source::Dataset>& pairs,
                const std::shared_ptr<const data::captions::CaptionTable>& captions,
                StageProgress& progress) {
  train::options::TrainOptions watched = options;
  watched.on_step = [&](const train::options::StepReport& report) {
    char detail[96];
    std::snprintf(detail, sizeof detail, "step %lld/%lld  loss %.3f  %.0f pictures/s",
                  static_cast<long long>(report.step), static_cast<long long>(report.total_steps),
                  report.loss, report.samples_per_s);
    progress.update(static_cast<double>(report.step) / static_cast<double>(report.total_steps),
                    detail);
  };
  const train::loop::TrainResult result = train::loop::train(watched, pairs, captions);
  return {{"steps", result.steps},
          {"loss", result.loss},
          {"seconds", result.seconds},
          {"samples_per_s", result.samples_per_s},
          {"skipped", result.skipped}};
}

}  // namespace clipwright::demo::story
