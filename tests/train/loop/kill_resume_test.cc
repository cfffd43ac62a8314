// The real program, killed in the middle of an epoch, out of disk, interrupted: what it leaves, and
// what a resumed run gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/file.h"
#include "core/json.h"
#include "tests/real_program.h"
#include "tests/temporary_folder.h"

namespace clipwright::train::loop {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/training";

class KilledRun : public testing::Test {
 protected:
  /// 48 pairs in batches of 5: nine steps an epoch.
  std::vector<std::string> arguments(const std::string& name) const {
    return {"train",
            "--train-data",
            (kGolden / "pictures.tar").string(),
            "--rewrites",
            (kGolden / "chatgpt.txt").string(),
            (kGolden / "bard.txt").string(),
            "--objective",
            "laclip",
            "--model",
            "tiny-32",
            "--batch-size",
            "5",
            "--steps",
            "60",
            "--lr",
            "1e-3",
            "--threads",
            "1",
            "--save-frequency",
            "0",
            "--log-every-n-steps",
            "1",
            "--logs",
            folder_.path().string(),
            "--name",
            name};
  }
  std::vector<std::string> saving(const std::string& name) const {
    return with(arguments(name), {"--save-every-steps", "10"});
  }
  std::vector<std::string> resumed(const std::string& name) const {
    return with(saving(name), {"--resume", "latest"});
  }
  static std::vector<std::string> with(std::vector<std::string> list,
                                       const std::vector<std::string>& more) {
    list.insert(list.end(), more.begin(), more.end());
    return list;
  }
  /// The loss of each step as the text that stands in the file.
  std::vector<std::string> losses(const std::string& name) const {
    std::vector<std::string> list;
    std::ifstream file(folder_.path() / name / "metrics.jsonl");
    for (std::string line; std::getline(file, line);) {
      const size_t begin = line.find("\"loss\":");
      list.push_back("step " + parse_json(line, name)["step"].dump() + " " +
                     line.substr(begin, line.find(',', begin) - begin));
    }
    return list;
  }
  bool exists(const std::string& inside) const { return fs::exists(folder_.path() / inside); }

  TemporaryFolder folder_;
};

TEST_F(KilledRun, ResumedAfterKillsInTheMiddleOfEpochsItEqualsTheUninterruptedRun) {
  ASSERT_EQ(run_real_program(arguments("whole")).code, 0);
  const auto expected = losses("whole");
  ASSERT_EQ(expected.size(), 60U);

  EXPECT_EQ(run_real_program(saving("killed"), "step 4/60", SIGKILL).signal,
            SIGKILL);  // before any checkpoint
  EXPECT_EQ(run_real_program(resumed("killed"), "step 13/60", SIGKILL).signal,
            SIGKILL);  // step_10 is there
  EXPECT_EQ(run_real_program(resumed("killed"), "step 24/60", SIGKILL).signal,
            SIGKILL);  // step_20, in the middle of the third epoch
  const Ended last = run_real_program(resumed("killed"));
  EXPECT_EQ(last.code, 0) << last.log;
  EXPECT_THAT(last.log, testing::HasSubstr("resuming from"));
  EXPECT_EQ(losses("killed"), expected);
  EXPECT_EQ(read_file(folder_.path() / "killed/model/open_clip_model.safetensors"),
            read_file(folder_.path() / "whole/model/open_clip_model.safetensors"));
}

TEST_F(KilledRun, AnInterruptSavesAndSaysHowToGoOn) {
  ASSERT_EQ(run_real_program(arguments("whole")).code, 0);
  const Ended stopped = run_real_program(arguments("stopped"), "step 11/60", SIGTERM);
  EXPECT_EQ(stopped.code, 130) << stopped.log;
  EXPECT_THAT(stopped.log, testing::AllOf(testing::HasSubstr("interrupted after step"),
                                          testing::HasSubstr("--name stopped --resume latest")));
  EXPECT_FALSE(exists("stopped/model"));
  const size_t done = losses("stopped").size();
  EXPECT_LT(done, 60U);
  EXPECT_TRUE(exists("stopped/checkpoints/step_" + std::to_string(done) + "/DONE"));
  EXPECT_EQ(run_real_program(resumed("stopped")).code, 0);
  EXPECT_EQ(losses("stopped"), losses("whole"));
}

TEST_F(KilledRun, AFullDiskIsASentenceAndLeavesNoHalfCheckpoint) {
  const Ended full = run_real_program(saving("full"), "", 0, /*largest_file=*/4 << 20);
  EXPECT_EQ(full.code, 1) << full.log;
  EXPECT_THAT(full.log, testing::HasSubstr("cannot be written"));
  EXPECT_EQ(losses("full").size(), 10U);
  EXPECT_FALSE(exists("full/checkpoints/step_10"));
  EXPECT_FALSE(exists("full/checkpoints/.unfinished_step_10"));
}

TEST_F(KilledRun, TheConfigurationOfARunRepeatsIt) {
  ASSERT_EQ(run_real_program(arguments("first")).code, 0);
  const Ended second = run_real_program(
      {"train", "--config", (folder_.path() / "first/config.toml").string(), "--name", "second"});
  EXPECT_EQ(second.code, 0) << second.log;
  EXPECT_EQ(losses("second"), losses("first"));
  // A second run of the same name is refused, and the first one's files stay.
  const Ended again =
      run_real_program({"train", "--config", (folder_.path() / "first/config.toml").string()});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.log, testing::HasSubstr("holds a run already"));
  EXPECT_EQ(losses("first").size(), 60U);
}

TEST_F(KilledRun, WrongFlagsEndWithTwo) {
  EXPECT_EQ(run_real_program({"train", "--train-data", "x.tar", "--lr-scheduler", "cosin"}).code,
            2);
  EXPECT_THAT(run_real_program({"train", "--train-data", "x.tar", "--batchsize", "4"}).log,
              testing::HasSubstr("--batch-size"));
  EXPECT_EQ(run_real_program({"train"}).code, 2);
  EXPECT_EQ(run_real_program({"train", "--train-data", "x.tar", "--precision", "amp_bf16"}).code,
            2);
}

}  // namespace
}  // namespace clipwright::train::loop
