#include "train/finetune/finetune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "tests/data/test_pictures.h"
#include "tests/temporary_folder.h"

namespace clipwright::train::finetune {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden";

class Finetune : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }
  void SetUp() override {
    models::write_open_clip_directory(*models::load_model("tiny-32", 9), folder_ / "start");
    for (const char* name : {"red", "blue"}) {
      for (int i = 0; i < 4; ++i)
        folder_.write("sets/colours/" + std::string(name) + "/" + std::to_string(i) + ".png",
                      data::test_png(i + (name[0] == 'b' ? 7 : 0)));
    }
  }
  FinetuneRequest request(const std::string& name) const {
    FinetuneRequest request;
    request.train.train_data = (kGolden / "training/pictures.tar").string();
    request.train.model = folder_ / "start";
    request.train.hold_out = 0.25;
    request.train.batch_size = 12;
    request.train.epochs = 3;
    request.train.lr = 1e-3;
    request.train.threads = 1;
    request.train.logs = folder_ / "logs";
    request.train.name = name;
    return request;
  }
  static std::string refusal(const FinetuneRequest& request, ExitCode code = ExitCode::kUsage) {
    try {
      finetune(request);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
};

TEST_F(Finetune, ReportsWhatWasLearnedAndWhatWasForgotten) {
  FinetuneRequest given = request("run");
  given.keep = {folder_ / "sets/colours", "again=" + (folder_ / "sets/colours/")};
  const FinetuneResult result = finetune(given);
  EXPECT_EQ(result.comparison.arms, (std::vector<std::string>{"before", "after"}));
  std::set<std::string> sets;
  for (const eval::paired::ComparedMetric& metric : result.comparison.metrics) {
    sets.insert(metric.set);
    ASSERT_EQ(metric.values.size(), 2U);
    EXPECT_TRUE(metric.values[0] && metric.values[1]) << metric.set << " " << metric.metric;
  }
  EXPECT_EQ(sets, (std::set<std::string>{"held-out", "colours", "again"}));
  EXPECT_THAT(
      read_file(result.report),
      testing::AllOf(testing::HasSubstr("## What it learned"), testing::HasSubstr("of held-out:"),
                     testing::HasSubstr("acc1 of colours:"),
                     testing::HasSubstr("image rates x 0.75 a group")));
  EXPECT_TRUE(fs::exists(result.model / "open_clip_model.safetensors"));
  EXPECT_EQ(read_json(result.folder / "report.json")["arms"].size(), 2U);
  // The numbers after are those of the exported model: as `eval` finds them.
  EXPECT_TRUE(fs::exists(result.folder / "comparison/after/colours.json"));
}

TEST_F(Finetune, AModelWithoutChangeIsReportedAsOne) {
  FinetuneRequest given = request("still");
  given.train.lr = 0;
  const FinetuneResult result = finetune(given);
  for (const eval::paired::ComparedMetric& metric : result.comparison.metrics)
    EXPECT_EQ(*metric.values[0], *metric.values[1]) << metric.metric;
  EXPECT_THAT(read_file(result.report), testing::HasSubstr("Not measured: give --keep"));
}

TEST_F(Finetune, WhatCannotBeToldIsRefused) {
  FinetuneRequest given = request("run");
  given.train.model = "tiny-32";
  EXPECT_THAT(refusal(given), testing::HasSubstr("tiny-32 names an architecture"));
  given = request("run");
  given.train.model.clear();
  EXPECT_THAT(refusal(given), testing::HasSubstr("there is no model to fine-tune"));
  given = request("run");
  given.train.hold_out = 0;
  EXPECT_THAT(refusal(given), testing::HasSubstr("nothing would show"));
  given = request("run");
  given.keep = {folder_ / "sets/colours", folder_ / "sets/colours"};
  EXPECT_THAT(refusal(given), testing::HasSubstr("two sets colours"));
  given.keep = {folder_ / "absent"};
  EXPECT_THAT(refusal(given, ExitCode::kInput), testing::HasSubstr("there is no such set"));
  EXPECT_FALSE(fs::exists(folder_ / "logs/run")) << "nothing is left of a run that never was";
}

}  // namespace
}  // namespace clipwright::train::finetune
