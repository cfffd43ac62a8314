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
      {.name = "clip", .title = "CLIP"},
      {.name = "laclip", .title = "LaCLIP", .rewrites = true},
      {.name = "laclip-mt", .title = "LaCLIP-MT", .rewrites = true}};
  return arms;
}

const std::vector<Arm>& family_arms() {
  using Texts = std::vector<std::string>;
  using Terms = std::vector<std::pair<std::string, double>>;
  const std::vector<std::string> two_views = {"mocov2", "mocov2"};
  const std::vector<std::string> simsiam = {"simsiam.width=256", "simsiam.hidden=128"};
  std::vector<std::string> declip = simsiam;
  declip.emplace_back("nearest-text.size=4096");
  std::vector<std::string> defilip = declip;
  defilip.emplace_back("filip.dim=64");
  const std::vector<std::string> simclr = {"simclr.width=512", "simclr.output=64"};
  const auto rung = [&](const std::string& name, const std::string& title, bool rewrites,
                        bool self_supervised) {
    const std::string mask = self_supervised ? "+masked" : "";
    return Arm{.name = name,
               .title = title,
               .objective = "declip",
               .terms = self_supervised
                            ? Terms{{"nearest-text", 0}}
                            : Terms{{"nearest-text", 0}, {"simsiam", 0}, {"masked-lm", 0}},
               .term_options = self_supervised ? simsiam : std::vector<std::string>{},
               .views = two_views,
               .texts = Texts{"caption" + mask, rewrites ? "rewrite" : "eda"},
               .rewrites = rewrites,
               .cost = self_supervised ? 3 : 2.3};
  };
  const auto preset = [](const std::string& name, const std::string& title,
                         const std::vector<std::string>& options, bool rewrites, double cost) {
    return Arm{.name = name,
               .title = title,
               .term_options = options,
               .rewrites = rewrites,
               .by_tokens = name == "filip" || name == "lafilip",
               .cost = cost};
  };
  static const std::vector<Arm> arms = {
      preset("clip", "CLIP", {}, false, 1),
      rung("multi-view", "+ multi-view", false, false),
      rung("self-supervised", "+ self-supervision", false, true),
      preset("declip", "+ nearest text (DeCLIP)", declip, false, 3.2),
      preset("slip", "SLIP", simclr, false, 3.5),
      preset("filip", "FILIP", {"filip.dim=64"}, false, 1.3),
      preset("defilip", "DeFILIP", defilip, false, 3),
      preset("laclip", "CLIP, rewrites (LaCLIP)", {}, true, 1),
      rung("lamulti-view", "+ multi-view, rewrites", true, false),
      rung("laself-supervised", "+ self-supervision, rewrites", true, true),
      preset("ladeclip", "+ nearest text, rewrites (LaDeCLIP)", declip, true, 3.2),
      preset("laslip", "SLIP, rewrites (LaSLIP)", simclr, true, 3.5),
      preset("lafilip", "FILIP, rewrites (LaFILIP)", {"filip.dim=64"}, true, 1.3),
      preset("ladefilip", "DeFILIP, rewrites (LaDeFILIP)", defilip, true, 3),
  };
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
  options.objective = twin.arm.objective.empty() ? twin.arm.name : twin.arm.objective;
  options.terms = twin.arm.terms;
  options.term_options = twin.arm.term_options;
  options.views = twin.arm.views;
  options.texts = twin.arm.texts;
  // What an arm learns from is all that differs.
  options.freeze_patch_embedding = "off";
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
