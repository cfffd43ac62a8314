#include "demo/story/demo.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "core/file.h"
#include "core/hash.h"
#include "demo/pictures/raster.h"
#include "demo/pictures/scene_captions.h"
#include "demo/story/demo_text.h"
#include "demo/story/rewriting.h"
#include "records/kept_texts.h"
#include "rewrite/archive/replay_texts.h"

namespace clipwright::demo::story {
namespace {

class DemoTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clipwright_demo_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    make_folder(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// Rewrites of every training caption in two modes, as the program records them.
  fs::path write_records(const std::string& tail) const {
    const fs::path path = folder_ / "records.jsonl.gz";
    records::KeptTextWriter writer(path);
    const auto texts =
        pictures::raw_captions(
            nouns::read_classes(shared_file("data/demo/classes.txt"),
                                nouns::read_annotations(pictures::DemoSources().annotations)))
            .texts();
    for (const std::string mode : {"chatgpt", "human"}) {
      const Sha256 recipe = sha256("recipe of " + mode);
      writer.add_recipe(recipe, {{"mode", mode}, {"details", {{"model_name", "a test"}}}});
      for (const std::string& text : texts) {
        writer.add({.source = text,
                    .mode = mode,
                    .recipe = recipe,
                    .text = (mode == "human" ? "the " : "a picture of ") + text + tail});
      }
    }
    writer.commit();
    return path;
  }

  DemoOptions small() const {
    DemoOptions options{.output = folder_ / "out",
                        .steps = 6,
                        .scenes = 300,
                        .test_scenes = 60,
                        .live_check = 0,
                        .recorded = folder_ / "records.jsonl.gz"};
    options.sources.clip_art /= "food";
    options.sources.stamps /= "animals";
    options.sources.photographs = CLIPWRIGHT_SOURCE_DIR "/tests/golden/gcompris";
    return options;
  }

  static std::vector<std::string> names(const DemoReport& report) {
    std::vector<std::string> list;
    for (const auto& [name, seconds] : report.stage_seconds) list.push_back(name);
    return list;
  }

  fs::path folder_;
};

TEST_F(DemoTest, TellsTheStoryAndReusesWhatIsDone) {
  write_records("");
  const DemoReport report = run_demo(small());
  EXPECT_EQ(names(report),
            (std::vector<std::string>{"compose", "rewrite", "train-clip-s1", "train-laclip-s1",
                                      "train-laclip-mt-s1", "evaluate-clip-s1",
                                      "evaluate-laclip-s1", "evaluate-laclip-mt-s1", "report"}));
  EXPECT_EQ(report.rewriting.audit["pairs"], 2 * report.captions);
  const std::string text = to_text(report);
  for (const char* expected :
       {"LaCLIP-MT \xE2\x88\x92 CLIP", "zero-shot, 5 templates",
        "text to picture R@1, other wording", "drawn by other hands",
        "photographs (gcompris), 3 classes", "real photographs among the tests: 5 of the package",
        "WORSE on|worse nowhere"}) {
    const std::string either = expected;
    const size_t bar = either.find('|');
    EXPECT_TRUE(
        text.find(either.substr(0, bar)) != std::string::npos ||
        (bar != std::string::npos && text.find(either.substr(bar + 1)) != std::string::npos))
        << expected;
  }
  const Json results = read_json(small().output / "results.json");
  bool photographs = false;
  for (const Json& metric : results["comparison"]["metrics"]) {
    if (metric["id"] != "photographs") continue;
    photographs = true;
    EXPECT_EQ(metric["pictures"], 5);
    for (const char* side : {"low", "high"})
      EXPECT_TRUE(metric["arms"]["LaCLIP"]["difference"][side].is_number());
  }
  EXPECT_TRUE(photographs);
  const Json evaluations = read_json(small().output / "evaluations.json");
  EXPECT_EQ(evaluations.size(), 3 * (report.comparison.metrics.size() - 2));
  for (const Json& record : evaluations) {
    for (const char* key : {"dataset", "model", "pretrained", "task", "metrics", "language"})
      EXPECT_TRUE(record.contains(key)) << key;
  }
  const std::string page = read_file(report.page);
  for (const char* expected : {"LaCLIP-MT", "photographs (gcompris)", "Training loss",
                               "What each model finds", "data:image/png;base64,"})
    EXPECT_NE(page.find(expected), std::string::npos) << expected;
  EXPECT_TRUE(fs::exists(small().output / "runs" / "laclip-mt-s1" / "model" /
                         "open_clip_model.safetensors"));

  const DemoReport again = run_demo(small());
  EXPECT_EQ(names(again), std::vector<std::string>{});
  EXPECT_EQ(again.reused_stages, 9);
  EXPECT_EQ(to_json(again.comparison), to_json(report.comparison));

  DemoOptions longer = small();
  longer.steps = 7;
  const std::vector<std::string> longer_stages = names(run_demo(longer));
  EXPECT_EQ(std::count(longer_stages.begin(), longer_stages.end(), "compose") +
                std::count(longer_stages.begin(), longer_stages.end(), "rewrite"),
            0);
  EXPECT_EQ(longer_stages.size(), 7U);
}

// Every way to train, from pictures to the table.
TEST_F(DemoTest, TheFamilyIsComparedInATable) {
  write_records("");
  DemoOptions options = small();
  options.arms = family_arms();
  options.family = true;
  options.steps = 1;
  options.equal_time = true;
  const DemoReport report = run_demo(options);
  ASSERT_EQ(report.comparison.arms.size(), 14U);
  ASSERT_TRUE(report.equal_time.has_value());
  EXPECT_FALSE(report.comparison.metrics.empty());
  const std::string table = read_file(report.page);
  for (const Arm& arm : family_arms()) {
    EXPECT_NE(table.find("| " + arm.title + " | "), std::string::npos) << arm.title;
    EXPECT_TRUE(
        fs::exists(options.output / "runs" / (arm.name + "-s1") / "model/open_clip_config.json"))
        << arm.name;
  }
  EXPECT_NE(table.find("Equal time:"), std::string::npos);
  EXPECT_EQ(run_demo(options).reused_stages,
            report.reused_stages + static_cast<int>(report.stage_seconds.size()));
}

TEST_F(DemoTest, OtherRecordsTrainAgain) {
  write_records("");
  DemoOptions options = small();
  options.arms = {demo_arms().front(), demo_arms().back()};
  options.steps = 2;
  run_demo(options);
  write_records(" here");
  const std::vector<std::string> stages = names(run_demo(options));
  EXPECT_EQ(stages.front(), "rewrite");
  EXPECT_NE(std::find(stages.begin(), stages.end(), "train-laclip-mt-s1"), stages.end());
}

TEST_F(DemoTest, OwnFolderIsRewrittenByTheModelItself) {
  const fs::path pictures = folder_ / "pictures";
  make_folder(pictures);
  const char* things[] = {"red ball", "yellow boat", "green tree", "blue house", "brown dog"};
  for (int i = 0; i < 60; ++i) {
    const std::string stem = "p" + std::to_string(i);
    write_file(pictures / (stem + ".png"), pictures::encode_png(pictures::plain(
                                               40, 40, {static_cast<uint8_t>(4 * i), 90, 120})));
    write_file(pictures / (stem + ".txt"), "A " + std::string(things[i % 5]) + " on a table.\n");
  }
  DemoOptions options{.output = folder_ / "own",
                      .data = pictures.string(),
                      .steps = 2,
                      .limit = 3,
                      .modes = {"chatgpt"}};
  options.arms = {demo_arms()[1]};
  options.sources.photographs = folder_;  // where no package is
  const DemoReport report = run_demo(options);
  EXPECT_TRUE(report.rewriting.live);
  EXPECT_EQ(report.captions, 3);
  EXPECT_GE(report.rewriting.audit["pairs"].get<int64_t>(), 1);
  EXPECT_LE(report.rewriting.audit["pairs"].get<int64_t>(), 3);
  ASSERT_EQ(report.comparison.metrics.size(), 2U);  // no folders, so retrieval only
  EXPECT_NE(report.photographs.find("apt-get install gcompris-qt-data"), std::string::npos);
  EXPECT_EQ(report.comparison.metrics[0].pictures, 6);
}

}  // namespace
}  // namespace clipwright::demo::story
