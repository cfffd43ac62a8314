#include "demo/story/demo.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/log.h"
#include "data/captions/caption_table.h"
#include "demo/story/demo_data.h"
#include "demo/story/demo_page.h"
#include "demo/story/demo_text.h"
#include "demo/story/family_table.h"
#include "demo/story/rewriting.h"
#include "language/language_model.h"
#include "rewrite/prompt/example_pack.h"

namespace clipwright::demo::story {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kSceneSteps = 1'000;
constexpr int64_t kFewestSteps = 200, kFamilySteps = 150;
constexpr int64_t kPassesOverSmallData = 60;
constexpr int kMostSeeds = 50;
constexpr int kPageRevision = 2;  // of report.html

// Expected times, on two cores; the progress line corrects them as it goes.
constexpr double kComposeSeconds = 14, kReplaySeconds = 4, kEvaluateSeconds = 6, kPageSeconds = 6;
constexpr double kRewriteSeconds = 0.12;
constexpr double kLiveCheckSeconds = 20;

void check_options(const DemoOptions& options) {
  if (options.seeds < 1 || options.seeds > kMostSeeds)
    fail_usage("--seeds " + std::to_string(options.seeds), "1 to " + std::to_string(kMostSeeds));
  if (options.steps < 0)
    fail_usage("--steps " + std::to_string(options.steps),
               "a number of training steps, or 0 to let the demo choose");
  if (options.limit < 0)
    fail_usage("--limit " + std::to_string(options.limit), "a number of captions, or 0 for all");
  if (options.limit > 0 && !options.live && options.data.empty()) {
    fail_usage("--limit without --live", {},
               "The recorded rewrites are replayed whole; --limit is for captions that are "
               "rewritten here.");
  }
}

/// The run of one demo: options, stages, and what the stages have made so far.
class Demo {
 public:
  explicit Demo(const DemoOptions& options) : options_(options) {
    check_options(options);
    report_.options = options;
    live_ = options.live || !options.data.empty();
    if (!live_)
      recorded_ =
          options.recorded.empty() ? shared_file("data/demo/rewrites.jsonl.gz") : options.recorded;
    report_.rewriting.live = live_;
    report_.rewriting.modes = modes();
  }

  DemoReport run() {
    const Clock::time_point start = Clock::now();
    if (options_.data.empty()) pictures::check_sources(options_.sources);
    if (!options_.data.empty()) data_ = open_own_data(options_.data, options_.seed);
    steps_ = options_.steps > 0 ? options_.steps : default_steps();
    plan_twins();
    stages_.emplace(options_.output, plan());
    compose();
    rewrite();
    audit();
    find_photographs();
    train();
    evaluate();
    compare();
    write_page();
    report_.reused_stages = stages_->reused();
    report_.stage_seconds = stages_->seconds();
    report_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return std::move(report_);
  }

 private:
  std::vector<std::string> modes() const {
    if (live_ && options_.modes.empty()) {
      return options_.data.empty() ? rewrite::prompt::ExamplePack::shipped_modes()
                                   : std::vector<std::string>{"chatgpt", "bard"};
    }
    if (live_) return options_.modes;
    std::vector<std::string> recorded = recorded_modes(recorded_);
    if (options_.modes.empty()) return recorded;
    for (const std::string& mode : options_.modes) {
      if (std::find(recorded.begin(), recorded.end(), mode) == recorded.end()) {
        fail_usage("--modes " + mode + ": is not among the recorded rewrites", {},
                   "Add --live to make them here.");
      }
    }
    return options_.modes;
  }

  int64_t default_steps() const {
    if (options_.family) return kFamilySteps;
    if (!data_.train) return kSceneSteps;
    const int64_t batch = std::min<int64_t>(128, data_.train->size());
    return std::clamp(kPassesOverSmallData * data_.train->size() / batch, kFewestSteps,
                      kSceneSteps);
  }

  void plan_twins() {
    for (int s = 0; s < options_.seeds; ++s) {
      for (const Arm& arm : options_.arms)
        report_.twins.push_back(
            {.arm = arm, .seed = options_.seed + static_cast<uint64_t>(s), .steps = steps_});
    }
    if (!options_.equal_time) return;
    for (int s = 0; s < options_.seeds; ++s) {
      for (const Arm& arm : options_.arms) {
        if (arm.name == options_.arms.back().name) continue;
        report_.twins.push_back({.arm = arm,
                                 .seed = options_.seed + static_cast<uint64_t>(s),
                                 .steps = steps_,
                                 .equal_time = true});
      }
    }
  }

  /// Seconds of a step, as measured on two cores for one text and M more.
  double step_seconds(const Twin& twin) const {
    constexpr double kPictures = 0.05, kText = 0.015;
    if (options_.family) return (kPictures + kText) * twin.arm.cost;
    const bool all = twin.equal_time || twin.arm.name == "laclip-mt";
    return kPictures + kText * (all ? 1 + static_cast<double>(report_.rewriting.modes.size()) : 1);
  }

  std::vector<PlannedStage> plan() const {
    std::vector<PlannedStage> stages;
    if (options_.data.empty())
      stages.push_back({"compose", "composing pictures",
                        kComposeSeconds * static_cast<double>(options_.scenes) / 20'000, ""});
    if (live_) {
      const double captions = options_.limit > 0 ? static_cast<double>(options_.limit)
                              : data_.train      ? static_cast<double>(data_.train->size())
                                                 : 1'500;
      stages.push_back(
          {"rewrite", "rewriting captions",
           kRewriteSeconds * captions * static_cast<double>(report_.rewriting.modes.size()),
           "rewrite"});
    } else {
      stages.push_back({"rewrite", "replaying recorded rewrites", kReplaySeconds, ""});
      if (options_.live_check > 0) {
        const double seconds =
            kLiveCheckSeconds + kRewriteSeconds * static_cast<double>(options_.live_check);
        stages.push_back({"live-check", "rewriting some again, live", seconds, "rewrite"});
      }
    }
    for (const Twin& twin : report_.twins) {
      stages.push_back({"train-" + twin.name(), "training " + twin.title(),
                        2 + step_seconds(twin) * static_cast<double>(twin.steps), "train"});
    }
    for (const Twin& twin : report_.twins)
      stages.push_back(
          {"evaluate-" + twin.name(), "evaluating " + twin.title(), kEvaluateSeconds, "evaluate"});
    if (!options_.family) stages.push_back({"report", "writing the report", kPageSeconds, ""});
    return stages;
  }

  void compose() {
    if (!options_.data.empty()) {
      report_.data_line = data_.train->describe();
    } else {
      pictures::SceneSetOptions scenes{.output = options_.output / "scenes",
                                       .seed = options_.seed,
                                       .train = options_.scenes,
                                       .test = options_.test_scenes,
                                       .sources = options_.sources};
      const Json inputs = {{"seed", options_.seed},
                           {"scenes", options_.scenes},
                           {"test_scenes", options_.test_scenes},
                           {"clip_art", options_.sources.clip_art.string()},
                           {"stamps", options_.sources.stamps.string()}};
      const auto work = [&](StageProgress& progress) {
        pictures::SceneSetOptions watched = scenes;
        watched.on_progress = [&](int64_t done, int64_t total) {
          progress.update(static_cast<double>(done) / static_cast<double>(total),
                          with_commas(done) + "/" + with_commas(total) + " pictures");
        };
        pictures::compose_scene_set(watched);
        return Json::object();
      };
      stages_->run("compose", {.inputs = inputs,
                               .products = {scenes.output / "composed.json"},
                               .work = work,
                               .discard = {}});
      const pictures::SceneSet set = pictures::compose_scene_set(scenes);
      data_ = open_scenes(set);
      report_.data_line = with_commas(set.train_scenes) + " pictures composed of " +
                          with_commas(static_cast<int64_t>(set.classes.size())) + " emoji, with " +
                          with_commas(set.distinct_captions) +
                          " different terse captions; tests: " + with_commas(set.test_scenes) +
                          " new scenes; drawn by other hands: " + set.hand_drawn.describe();
    }
    report_.data_title = data_.title;
    report_.pairs = data_.train->size();
    captions_.emplace(*data_.train, options_.limit);
    report_.captions = captions_->size();
    say("pictures: " + with_commas(report_.pairs) + " to train on, " +
        with_commas(report_.captions) + " different captions");
  }

  RewritingTask task() const {
    return {.captions = *captions_,
            .modes = report_.rewriting.modes,
            .folder = options_.output / "rewrites"};
  }

  std::string captions_digest() const {
    uint64_t hash = 0;
    for (int64_t i = 0; i < captions_->size(); ++i) hash = hash64(captions_->caption(i), hash);
    return std::to_string(hash);
  }

  void rewrite() {
    Json inputs = {{"captions", captions_digest()}, {"modes", report_.rewriting.modes}};
    if (live_) {
      inputs["model"] = language::file_digest(shared_file("default.gguf"));
      inputs["seed"] = options_.seed;
    } else {
      inputs["recorded"] = hex(sha256_file(recorded_));
    }
    const auto work = [&](StageProgress& progress) {
      return live_ ? make_rewrites(task(), options_.seed, progress)
                   : replay_rewrites(task(), recorded_, progress);
    };
    RewritingReport& rewriting = report_.rewriting;
    rewriting.job = stages_->run(
        "rewrite", {.inputs = inputs, .products = {rewrites_file()}, .work = work, .discard = {}});
    if (live_ || options_.live_check == 0) return;

    inputs["model"] = language::file_digest(shared_file("default.gguf"));
    inputs["count"] = options_.live_check;
    inputs["seed"] = options_.seed;
    RewritingTask again = task();
    again.folder = options_.output / "live-check";
    const auto check = [&](StageProgress& progress) {
      return check_recorded(again, recorded_, options_.live_check, options_.seed, progress);
    };
    rewriting.check = stages_->run(
        "live-check", {.inputs = inputs, .products = {}, .work = check, .discard = {}});
    say(describe_check(rewriting));
  }

  fs::path rewrites_file() const { return options_.output / "rewrites" / "rewrites.jsonl"; }

  void audit() {
    rewrites_ = read_audited(rewrites_file());
    RewritingReport& rewriting = report_.rewriting;
    rewriting.audit = audit_numbers(rewrites_);
    add_found_synonyms();
    // Not every arm has global features to rank by.
    if (options_.family && !data_.tests.zeroshot.empty()) data_.tests.retrieval.clear();
    table_ = std::make_shared<data::captions::CaptionTable>(data::captions::CaptionTable::build(
        *data_.train, {rewrites_file().string()}, std::string(kKeepIf)));
    rewriting.texts = table_->describe();
    say(describe_audit(rewriting));
  }

  /// Of the question about synonyms, the part that the rewrites could have answered.
  void add_found_synonyms() {
    auto& tests = data_.tests.zeroshot;
    const auto whole = std::find_if(tests.begin(), tests.end(), [](const ZeroshotTest& test) {
      return test.id == "zeroshot-synonyms";
    });
    if (whole == tests.end()) return;
    const std::vector<bool> found = classes_with_found_synonym(data_.classes, rewrites_);
    ZeroshotTest part = *whole;
    for (size_t c = 0; c < data_.classes.size(); ++c) {
      if (!data_.classes[c].synonym.empty()) part.counted.push_back(found[c]);
    }
    report_.rewriting.synonym_classes = static_cast<int64_t>(part.counted.size());
    report_.rewriting.found_synonyms = std::count(part.counted.begin(), part.counted.end(), true);
    if (report_.rewriting.found_synonyms == 0) return;
    part.id = "zeroshot-found-synonyms";
    part.title = "  of these, found by the rewriter (" +
                 std::to_string(report_.rewriting.found_synonyms) + " of " +
                 std::to_string(report_.rewriting.synonym_classes) + " classes)";
    tests.insert(whole + 1, std::move(part));
  }

  /// What models of composed pictures, or of the user's, make of the world.
  void find_photographs() {
    if (options_.family) return;
    report_.photographs =
        add_photographs(data_.tests, options_.sources.photographs, options_.output / "photographs");
    say(report_.photographs);
  }

  fs::path model_of(const Twin& twin) const {
    return options_.output / "runs" / twin.name() / "model";
  }
  fs::path scores_of(const Twin& twin) const {
    return options_.output / "evaluations" / (twin.name() + ".json");
  }

  /// As many steps as take the time that the last arm took, by the step times measured with the
  /// same seed.
  int64_t equal_time_steps(const Twin& twin) const {
    const auto step_time = [&](const std::string& arm) {
      for (size_t i = 0; i < report_.training.size(); ++i) {
        const Twin& other = report_.twins[i];
        if (other.arm.name == arm && other.seed == twin.seed && !other.equal_time) {
          return report_.training[i].value("seconds", 0.0) /
                 static_cast<double>(std::max<int64_t>(1, other.steps));
        }
      }
      return 0.0;
    };
    const double ours = step_time(twin.arm.name), longest = step_time(options_.arms.back().name);
    return ours > 0
               ? std::max<int64_t>(1, std::llround(static_cast<double>(steps_) * longest / ours))
               : steps_;
  }

  void train() {
    const std::string rewrites = hex(sha256_file(rewrites_file()));
    for (Twin& twin : report_.twins) {
      if (twin.equal_time) twin.steps = equal_time_steps(twin);
      const train::options::TrainOptions settings =
          twin_options(twin, options_.output / "runs", data_.train->size());
      // Named apart from the trainer's own --rewrites, which the loop below adds.
      Json inputs = {{"pairs", data_.digest}, {"rewrites-sha256", rewrites}, {"keep-if", kKeepIf}};
      const Json described = describe_twin(settings);
      for (const auto& [section, values] : described.items()) {
        for (const auto& [key, value] : values.items()) inputs[key] = value;
      }
      const auto work = [&](StageProgress& progress) {
        return train_twin(settings, data_.train, table_, progress);
      };
      const auto discard = [&] {
        std::error_code ignored;
        fs::remove_all(options_.output / "runs" / twin.name(), ignored);
      };
      const int reused = stages_->reused();
      report_.training.push_back(stages_->run(
          "train-" + twin.name(),
          {.inputs = inputs, .products = {model_of(twin)}, .work = work, .discard = discard}));
      if (stages_->reused() == reused) say(describe_training(twin, report_.training.back()));
    }
  }

  void evaluate() {
    make_folder(options_.output / "evaluations");
    Json all = Json::array();
    for (const Twin& twin : report_.twins) {
      Json tests = Json::array();
      for (const ZeroshotTest& test : data_.tests.zeroshot) {
        tests.push_back({test.title, test.pictures->size(), test.templates,
                         std::count(test.counted.begin(), test.counted.end(), true)});
      }
      const Json inputs = {
          {"model", hex(sha256_file(model_of(twin) / "open_clip_model.safetensors"))},
          {"data", data_.digest},
          {"tests", std::move(tests)},
          {"rewrites", hex(sha256_file(rewrites_file()))}};
      const auto work = [&](StageProgress& progress) {
        write_scores(evaluate_model(model_of(twin), "runs/" + twin.name(), data_.tests, progress,
                                    twin.arm.by_tokens),
                     scores_of(twin));
        return Json::object();
      };
      stages_->run("evaluate-" + twin.name(),
                   {.inputs = inputs, .products = {scores_of(twin)}, .work = work, .discard = {}});
      scores_.push_back(read_scores(scores_of(twin)));
      for (const Json& record : scores_.back().records) all.push_back(record);
    }
    write_file(options_.output / "evaluations.json", all.dump(1) + "\n");
  }

  void compare() {
    std::vector<std::string> titles, timed_titles;
    std::vector<std::vector<ModelScores>> scores, timed;
    for (const Arm& arm : options_.arms) {
      const bool last = arm.name == options_.arms.back().name;
      titles.push_back(arm.title);
      timed_titles.push_back(arm.title);
      scores.emplace_back();
      timed.emplace_back();
      for (size_t i = 0; i < report_.twins.size(); ++i) {
        if (report_.twins[i].arm.name != arm.name) continue;
        if (!report_.twins[i].equal_time) scores.back().push_back(scores_[i]);
        if (report_.twins[i].equal_time || last) timed.back().push_back(scores_[i]);
      }
    }
    report_.comparison = compare_arms(titles, scores, options_.seed);
    if (options_.equal_time) report_.equal_time = compare_arms(timed_titles, timed, options_.seed);
    Json results = {
        {"data", report_.data_title},         {"pairs", report_.pairs},
        {"captions", report_.captions},       {"steps", steps_},
        {"photographs", report_.photographs}, {"comparison", to_json(report_.comparison)}};
    if (report_.equal_time) results["equal_time"] = to_json(*report_.equal_time);
    results["rewriting"] = {{"live", live_},
                            {"modes", report_.rewriting.modes},
                            {"job", report_.rewriting.job},
                            {"check", report_.rewriting.check},
                            {"audit", report_.rewriting.audit},
                            {"texts", report_.rewriting.texts},
                            {"synonym_classes", report_.rewriting.synonym_classes},
                            {"found_synonyms", report_.rewriting.found_synonyms}};
    for (size_t i = 0; i < report_.twins.size(); ++i)
      results["training"][report_.twins[i].name()] = report_.training[i];
    results_ = results.dump(1) + "\n";
    write_file(options_.output / "results.json", results_);
  }

  void write_page() {
    if (options_.family) {
      report_.page = options_.output / "family.md";
      write_file(report_.page, family_table(report_));
      return;
    }
    report_.page = options_.output / "report.html";
    std::vector<fs::path> models;
    for (size_t a = 0; a < options_.arms.size(); ++a) models.push_back(model_of(report_.twins[a]));
    const Json inputs = {{"results", hex(sha256(results_))}, {"page", kPageRevision}};
    const auto work = [&](StageProgress& progress) {
      write_demo_page(report_, data_, rewrites_, models, progress);
      return Json::object();
    };
    stages_->run("report",
                 {.inputs = inputs, .products = {report_.page}, .work = work, .discard = {}});
  }

  void say(const std::string& line) { stages_->say(line); }

  DemoOptions options_;
  DemoReport report_;
  bool live_ = false;
  int64_t steps_ = 0;
  fs::path recorded_;
  DemoData data_;
  std::optional<DistinctCaptions> captions_;
  std::vector<AuditedRewrite> rewrites_;
  std::shared_ptr<const data::captions::CaptionTable> table_;
  std::vector<ModelScores> scores_;  // by twin
  std::string results_;
  std::optional<Stages> stages_;
};

}  // namespace

DemoReport run_demo(const DemoOptions& options) { return Demo(options).run(); }

}  // namespace clipwright::demo::story
