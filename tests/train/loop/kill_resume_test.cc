// The real program, killed in the middle of an epoch, out of disk, interrupted: what it leaves, and
// what a resumed run gives.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "core/file.h"
#include "core/json.h"
#include "tests/temporary_folder.h"

namespace clipwright::train::loop {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/training";

struct Ended {
  int code = -1, signal = 0;
  std::string log;
};

/// Runs the program; sends `signal` as soon as its log shows `moment`.
Ended run_program(std::vector<std::string> arguments, const std::string& moment = "",
                  int signal = 0, rlim_t largest_file = 0) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  arguments.insert(arguments.begin(), CLIPWRIGHT_PROGRAM);
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    if (largest_file > 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{largest_file, largest_file};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ::execv(CLIPWRIGHT_PROGRAM, raw.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  Ended ended;
  // With a small pipe and no buffer here, the program cannot run more than some thirty lines ahead
  // of what was read.
  ::fcntl(ends[0], F_SETPIPE_SZ, 4096);
  FILE* log = ::fdopen(ends[0], "r");
  ::setvbuf(log, nullptr, _IONBF, 0);
  bool sent = false;
  for (char line[4096]; ::fgets(line, sizeof line, log) != nullptr;) {
    ended.log += line;
    if (signal != 0 && !sent && std::string(line).find(moment) != std::string::npos) {
      ::kill(child, signal);
      sent = true;
    }
  }
  ::fclose(log);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) ended.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  return ended;
}

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
  ASSERT_EQ(run_program(arguments("whole")).code, 0);
  const auto expected = losses("whole");
  ASSERT_EQ(expected.size(), 60U);

  EXPECT_EQ(run_program(saving("killed"), "step 4/60", SIGKILL).signal,
            SIGKILL);  // before any checkpoint
  EXPECT_EQ(run_program(resumed("killed"), "step 13/60", SIGKILL).signal,
            SIGKILL);  // step_10 is there
  EXPECT_EQ(run_program(resumed("killed"), "step 24/60", SIGKILL).signal,
            SIGKILL);  // step_20, in the middle of the third epoch
  const Ended last = run_program(resumed("killed"));
  EXPECT_EQ(last.code, 0) << last.log;
  EXPECT_THAT(last.log, testing::HasSubstr("resuming from"));
  EXPECT_EQ(losses("killed"), expected);
  EXPECT_EQ(read_file(folder_.path() / "killed/model/open_clip_model.safetensors"),
            read_file(folder_.path() / "whole/model/open_clip_model.safetensors"));
}

TEST_F(KilledRun, AnInterruptSavesAndSaysHowToGoOn) {
  ASSERT_EQ(run_program(arguments("whole")).code, 0);
  const Ended stopped = run_program(arguments("stopped"), "step 11/60", SIGTERM);
  EXPECT_EQ(stopped.code, 130) << stopped.log;
  EXPECT_THAT(stopped.log, testing::AllOf(testing::HasSubstr("interrupted after step"),
                                          testing::HasSubstr("--name stopped --resume latest")));
  EXPECT_FALSE(exists("stopped/model"));
  const size_t done = losses("stopped").size();
  EXPECT_LT(done, 60U);
  EXPECT_TRUE(exists("stopped/checkpoints/step_" + std::to_string(done) + "/DONE"));
  EXPECT_EQ(run_program(resumed("stopped")).code, 0);
  EXPECT_EQ(losses("stopped"), losses("whole"));
}

TEST_F(KilledRun, AFullDiskIsASentenceAndLeavesNoHalfCheckpoint) {
  const Ended full = run_program(saving("full"), "", 0, /*largest_file=*/4 << 20);
  EXPECT_EQ(full.code, 1) << full.log;
  EXPECT_THAT(full.log, testing::HasSubstr("cannot be written"));
  EXPECT_EQ(losses("full").size(), 10U);
  EXPECT_FALSE(exists("full/checkpoints/step_10"));
  EXPECT_FALSE(exists("full/checkpoints/.unfinished_step_10"));
}

TEST_F(KilledRun, TheConfigurationOfARunRepeatsIt) {
  ASSERT_EQ(run_program(arguments("first")).code, 0);
  const Ended second = run_program(
      {"train", "--config", (folder_.path() / "first/config.toml").string(), "--name", "second"});
  EXPECT_EQ(second.code, 0) << second.log;
  EXPECT_EQ(losses("second"), losses("first"));
  // A second run of the same name is refused, and the first one's files stay.
  const Ended again =
      run_program({"train", "--config", (folder_.path() / "first/config.toml").string()});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.log, testing::HasSubstr("holds a run already"));
  EXPECT_EQ(losses("first").size(), 60U);
}

TEST_F(KilledRun, WrongFlagsEndWithTwo) {
  EXPECT_EQ(run_program({"train", "--train-data", "x.tar", "--lr-scheduler", "cosin"}).code, 2);
  EXPECT_THAT(run_program({"train", "--train-data", "x.tar", "--batchsize", "4"}).log,
              testing::HasSubstr("--batch-size"));
  EXPECT_EQ(run_program({"train"}).code, 2);
  EXPECT_EQ(run_program({"train", "--train-data", "x.tar", "--precision", "amp_bf16"}).code, 2);
}

}  // namespace
}  // namespace clipwright::train::loop
