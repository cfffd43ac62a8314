// A whole study by the real program: arms, seeds, evaluation, tables; killed and gone on with.
#include "ablation/run_study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "core/file.h"
#include "core/json.h"
#include "tests/real_program.h"
#include "tests/temporary_folder.h"

namespace clipwright::ablation {
namespace {

using testing::HasSubstr;

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden";

/// Two arms (the captions alone, one rewrite each) and two seeds of six steps on 48 pictures, and a
/// set of nine pictures to measure them by.
class WholeStudy : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string name : {"2", "10", "green_pear"}) {
      fs::create_directories(folder_.path() / "sets/walls" / name);
      for (const std::string number : {"0", "1", "2"})
        fs::copy_file(kGolden / "eval/pictures" / (name + "_" + number + ".png"),
                      folder_.path() / "sets/walls" / name / (number + ".png"));
    }
    folder_.write("suite.toml", "[[set]]\nname = \"walls\"\n");
    folder_.write("train.toml", "train-data = \"" + (kGolden / "training/pictures.tar").string() +
                                    "\"\nmodel = \"tiny-32\"\nbatch-size = 16\nsteps = 6\n"
                                    "lr = 1e-3\nthreads = 1\nsave-frequency = 0\n"
                                    "save-every-steps = 2\nlog-every-n-steps = 1\n");
    folder_.write("study.toml", "train = \"" + (folder_ / "train.toml") + "\"\nsuite = \"" +
                                    (folder_ / "suite.toml") + "\"\ndata-root = \"" +
                                    (folder_ / "sets") + "\"\nseeds = [1, 2]\nrewrites = [\"" +
                                    folder_.write("rewrites.jsonl", rewrites()) +
                                    "\"]\nexamples = [\"chatgpt\", \"coco\"]\n");
  }

  /// Texts of one mode; an empty line is a caption without one.
  static std::string rewrites() {
    std::ifstream file(kGolden / "training/chatgpt.txt");
    std::string records;
    int number = 0;
    for (std::string text; std::getline(file, text); ++number) {
      char key[16];
      std::snprintf(key, sizeof key, "%03d", number);
      if (text.empty()) continue;
      records +=
          to_line({{"key", key}, {"mode", "chatgpt"}, {"text", text}, {"status", "accepted"}}) +
          "\n";
    }
    return records;
  }

  std::vector<std::string> study(const std::string& output) const {
    return {"ablate", "--over", "examples", folder_ / "study.toml", "--output", folder_ / output};
  }
  std::string written(const std::string& name) const { return read_file(folder_ / name); }

  TemporaryFolder folder_;
};

TEST_F(WholeStudy, KilledAnywhereItEndsWithTheTableOfAnUninterruptedOne) {
  const Ended whole = run_real_program(study("whole"));
  ASSERT_EQ(whole.code, 0) << whole.log;
  EXPECT_THAT(whole.log, HasSubstr("4 runs (0 of them done before)"));

  // In the middle of the first run, after a checkpoint; between two runs; while models are
  // measured. Only what was under way is done again.
  EXPECT_EQ(run_real_program(study("killed"), "step 3/6", SIGKILL).signal, SIGKILL);
  EXPECT_FALSE(fs::exists(folder_ / "killed/runs/none-s1/model"));
  EXPECT_EQ(run_real_program(study("killed"), "run 3 of 4", SIGKILL).signal, SIGKILL);
  EXPECT_TRUE(fs::exists(folder_ / "killed/runs/chatgpt-s1/model"));
  EXPECT_FALSE(fs::exists(folder_ / "killed/table.md"));
  const Ended measuring = run_real_program(study("killed"), "result 3 of 4", SIGKILL);
  EXPECT_EQ(measuring.signal, SIGKILL) << measuring.log;
  EXPECT_FALSE(fs::exists(folder_ / "killed/table.md"));
  const Ended last = run_real_program(study("killed"));
  ASSERT_EQ(last.code, 0) << last.log;
  EXPECT_THAT(last.log, HasSubstr("4 runs (4 of them done before)"));

  for (const char* file : {"table.md", "table.csv", "report.html"})
    EXPECT_EQ(written(std::string("killed/") + file), written(std::string("whole/") + file))
        << file;
  for (const char* run : {"none-s1", "none-s2", "chatgpt-s1", "chatgpt-s2"}) {
    const std::string weights = std::string("/runs/") + run + "/model/open_clip_model.safetensors";
    EXPECT_EQ(written("killed" + weights), written("whole" + weights)) << run;
  }
  // Nothing is left to do for the same command again, and the table stays as it is.
  const Ended again = run_real_program(study("killed"));
  EXPECT_EQ(again.code, 0) << again.log;
  EXPECT_THAT(again.log, testing::Not(HasSubstr("step 1/6")));
  EXPECT_EQ(written("killed/table.md"), written("whole/table.md"));
}

TEST_F(WholeStudy, ATrainingEndsWithTheStudyThatIsKilled) {
  const std::string settings = written("train.toml");
  folder_.write("train.toml",
                std::regex_replace(settings, std::regex("steps = 6"), "steps = 3000"));
  const Ended killed =
      run_real_program(study("killed"), "step 1/3,000", SIGKILL, 0, /*alone=*/true);
  EXPECT_EQ(killed.signal, SIGKILL);
  // The training, which writes to the same log, saved what it had and ended.
  EXPECT_THAT(killed.log, testing::Not(HasSubstr("step 3,000/3,000")));
  EXPECT_THAT(killed.log, HasSubstr("--resume latest")) << killed.log;
  EXPECT_FALSE(fs::exists(folder_ / "killed/runs/none-s1/model"));
}

TEST_F(WholeStudy, TheTableHasEveryArmWithItsIntervalAndWhatIsMissing) {
  const Ended ended = run_real_program(study("out"));
  ASSERT_EQ(ended.code, 0) << ended.log;
  const std::string table = written("out/table.md"), csv = written("out/table.csv");
  EXPECT_THAT(table, HasSubstr("paired bootstrap over samples and runs"));
  EXPECT_THAT(table, HasSubstr("Left out:"));
  EXPECT_THAT(table, HasSubstr("--modes coco")) << "an arm that cannot run says what to do";
  // Values are means over the two seeds of what each run's result says.
  const auto of_run = [&](const std::string& run) {
    return read_json(folder_ / ("out/evaluation/results/" + run + "/walls.json"))["metrics"]["acc1"]
        .get<double>();
  };
  const auto mean = [&](const std::string& arm) {
    return (of_run(arm + "-s1") + of_run(arm + "-s2")) / 2;
  };
  std::istringstream lines(csv);
  std::vector<double> values;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("walls,acc1,,")) continue;
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == ',') cells.emplace_back();
      if (c != ',') cells.back() += c;
    }
    values.push_back(std::stod(cells.at(5)));
  }
  ASSERT_EQ(values.size(), 2U) << csv;
  EXPECT_NEAR(values[0], mean("none"), 1e-9);
  EXPECT_NEAR(values[1], mean("chatgpt"), 1e-9);

  // Other settings in the same folder are another study.
  folder_.write("train.toml", written("train.toml") + "wd = 0.1\n");
  const Ended other = run_real_program(study("out"));
  EXPECT_EQ(other.code, 2) << other.log;
  EXPECT_THAT(other.log, HasSubstr("of other settings or texts"));
  EXPECT_EQ(written("out/table.md"), table);
}

}  // namespace
}  // namespace clipwright::ablation
