#include "train/folder/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::train::folder {
namespace {

class RunFolderTest : public testing::Test {
 protected:
  options::TrainOptions options(const std::string& resume = "") const {
    return {.logs = temporary_.path().string(), .name = "run", .resume = resume};
  }
  fs::path run() const { return temporary_.path() / "run"; }
  void finish_checkpoint(const std::string& name) const {
    make_folder(run() / "checkpoints" / name);
    write_file(run() / "checkpoints" / name / "DONE", "{}");
  }
  static std::string usage_error(options::TrainOptions options, ExitCode code = ExitCode::kUsage) {
    try {
      RunFolder folder(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    return "";
  }
  TemporaryFolder temporary_;
};

TEST_F(RunFolderTest, ARunThatNeverStartsLeavesNothing) {
  options::TrainOptions given = options();
  {
    RunFolder folder(given);
    EXPECT_TRUE(fs::exists(run()));
  }
  EXPECT_FALSE(fs::exists(run()));
  {
    RunFolder folder(given);
    folder.keep();
  }
  EXPECT_TRUE(fs::exists(run()));
}

TEST_F(RunFolderTest, ARunThatNeverStartsLeavesNoFolderAboveItEither) {
  options::TrainOptions given = options();
  given.logs = (temporary_.path() / "logs").string();
  { RunFolder folder(given); }
  EXPECT_FALSE(fs::exists(given.logs));
  make_folder(given.logs);
  { RunFolder folder(given); }
  EXPECT_TRUE(fs::exists(given.logs)) << "what was there before stays";
}

TEST_F(RunFolderTest, ARunIsNotOverwritten) {
  make_folder(run());
  write_file(run() / "metrics.jsonl", "{\"step\":1}\n");
  EXPECT_THAT(usage_error(options()), testing::AllOf(testing::HasSubstr("holds a run already"),
                                                     testing::HasSubstr("--resume latest")));
  EXPECT_EQ(usage_error(options("latest")), "");
  EXPECT_TRUE(fs::exists(run() / "metrics.jsonl"));
}

TEST_F(RunFolderTest, LatestFindsTheNewestCheckpointAndIsContentWithNone) {
  options::TrainOptions given = options("latest");
  EXPECT_FALSE(RunFolder(given).resumes_from().has_value());
  finish_checkpoint("step_9");
  finish_checkpoint("step_10");
  make_folder(run() / "checkpoints/step_11");
  EXPECT_EQ(RunFolder(given).resumes_from(), run() / "checkpoints/step_10");
}

TEST_F(RunFolderTest, APathNamesItsRun) {
  finish_checkpoint("step_9");
  options::TrainOptions given{.resume = (run() / "checkpoints/step_9/").string()};
  const RunFolder folder(given);
  EXPECT_EQ(fs::weakly_canonical(folder.path()), fs::weakly_canonical(run()));
  EXPECT_EQ(folder.name(), "run");
  EXPECT_EQ(folder.path(), fs::path(folder.logs()) / folder.name());
}

TEST_F(RunFolderTest, ACheckpointOfAnotherRunStartsANewOne) {
  finish_checkpoint("step_9");
  options::TrainOptions given = options((run() / "checkpoints/step_9").string());
  given.name = "branch";
  const RunFolder folder(given);
  EXPECT_EQ(folder.path(), temporary_.path() / "branch");
  EXPECT_TRUE(folder.resumes_from().has_value());
}

TEST_F(RunFolderTest, OneProcessAtATime) {
  options::TrainOptions given = options("latest");
  const RunFolder first(given);
  EXPECT_THAT(usage_error(given), testing::HasSubstr("another process"));
}

TEST_F(RunFolderTest, WrongResumesAreExplained) {
  EXPECT_THAT(usage_error({.resume = "latest"}), testing::HasSubstr("--name"));
  EXPECT_THAT(usage_error(options("/no/such/step_3"), ExitCode::kInput),
              testing::HasSubstr("no such checkpoint"));
}

TEST_F(RunFolderTest, ANamelessRunGetsDateModelAndObjective) {
  options::TrainOptions given{
      .model = "tiny-32", .objective = "laclip", .logs = temporary_.path().string()};
  const RunFolder folder(given);
  EXPECT_THAT(folder.name(), testing::MatchesRegex("20[0-9_]+-[0-9_]+-tiny-32-laclip"));
}

}  // namespace
}  // namespace clipwright::train::folder
