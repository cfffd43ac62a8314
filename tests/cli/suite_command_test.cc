#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "cli/commands.h"
#include "core/file.h"
#include "core/json.h"
#include "models/clip.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "tests/temporary_folder.h"

namespace clipwright::cli {
namespace {

const fs::path kPictures = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/eval/pictures";

class SuiteCommand : public testing::Test {
 public:
  SuiteCommand() {
    for (const std::string set : {"first", "second"}) {
      for (const std::string name : {"2", "10", "green_pear"}) {
        fs::create_directories(folder_ / "sets" / set / name);
        for (const std::string number : {"0", "1"})
          fs::copy_file(kPictures / (name + "_" + number + ".png"),
                        folder_ / "sets" / set / name / (number + ".png"));
      }
    }
    for (const uint64_t seed : {1, 2})
      models::write_open_clip_directory(*models::load_model("tiny-32", seed),
                                        folder_ / ("model" + std::to_string(seed)));
    write_file(at("suite.toml"), "[[set]]\nname = \"first\"\n[[set]]\nname = \"second\"\n");
  }

  std::string at(const std::string& name) const { return (folder_ / name).string(); }

  std::vector<std::string> suite(const std::string& output) const {
    return {"eval",       "suite",    "--suite", at("suite.toml"), "--model", at("model1"),
            at("model2"), "--output", output,    "--data-root",    at("sets")};
  }

  int run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "clipwright");
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    return run_program(static_cast<int>(pointers.size()), pointers.data());
  }

  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(SuiteCommand, WritesTablesAndAPage) {
  testing::internal::CaptureStdout();
  ASSERT_EQ(run(suite(at("out"))), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), read_file(at("out/table.md")));
  const std::string page = read_file(at("out/report.html"));
  EXPECT_NE(page.find("Differences to model1"), std::string::npos);
  for (const char* fetch : {"src=\"http", "href=\"http", "@import", "url(http"})
    EXPECT_EQ(page.find(fetch), std::string::npos) << "a page opens offline";
  // What other programs read: the result files of all models and sets in one CSV.
  ASSERT_EQ(run({"eval", "build", at("out"), "--output", at("all.csv")}), 0);
  const std::string csv = read_file(at("all.csv"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
}

TEST_F(SuiteCommand, GoesOnAfterKill9) {
  // The second set waits for its class names from a pipe: opening the other end returns when the
  // program is there, with the first set done.
  const std::string pipe = at("names");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string plain = read_file(at("suite.toml"));
  write_file(at("suite.toml"), plain + "classnames = \"" + pipe + "\"\n");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::vector<std::string> arguments = suite(at("out"));
    arguments.insert(arguments.begin(), CLIPWRIGHT_PROGRAM);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    execv(CLIPWRIGHT_PROGRAM, pointers.data());
    _exit(127);
  }
  const int end = open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(end, 0);
  ASSERT_EQ(kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  close(end);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_TRUE(fs::exists(at("out/results/model1/first.done")));
  EXPECT_FALSE(fs::exists(at("out/results/model1/second.json")));
  const auto time = fs::last_write_time(at("out/results/model1/first.json"));

  write_file(at("suite.toml"), plain);
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  ASSERT_EQ(run(suite(at("out"))), 0);
  testing::internal::GetCapturedStdout();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("model1 on first: done before"),
            std::string::npos);
  EXPECT_EQ(fs::last_write_time(at("out/results/model1/first.json")), time);
  testing::internal::CaptureStdout();
  ASSERT_EQ(run(suite(at("whole"))), 0);
  testing::internal::GetCapturedStdout();
  for (const char* file : {"table.md", "table.csv", "table.tex", "comparison.json"})
    EXPECT_EQ(read_file(at(std::string("out/") + file)),
              read_file(at(std::string("whole/") + file)));
}

TEST_F(SuiteCommand, ExitCodes) {
  const auto code = [&](std::vector<std::string> arguments) {
    testing::internal::CaptureStdout();
    const int result = run(std::move(arguments));
    testing::internal::GetCapturedStdout();
    return result;
  };
  fs::create_directories(at("sets/broken/cat"));
  write_file(at("sets/broken/cat/0.png"), "no picture");
  write_file(at("suite.toml"), "[[set]]\nname = \"broken\"\n[[set]]\nname = \"first\"\n");
  EXPECT_EQ(code(suite(at("out"))), 1) << "a set failed";
  EXPECT_TRUE(fs::exists(at("out/results/model2/first.json")));
  EXPECT_TRUE(fs::exists(at("out/report.html")));
  write_file(at("suite.toml"), "[[set]]\nname = \"absent\"\n");
  EXPECT_EQ(code(suite(at("out2"))), 3);
  write_file(at("suite.toml"), "[[sets]]\n");
  EXPECT_EQ(code(suite(at("out2"))), 2);
  EXPECT_EQ(code({"compare", at("out")}), 0);
  EXPECT_EQ(code({"compare", at("out/results/model1")}), 2) << "one arm";
  EXPECT_EQ(code({"compare", at("nothing"), at("out/results/model1")}), 3) << "no such path";
  EXPECT_EQ(code({"compare", at("out"), "--output", at("x.pdf")}), 2);
  for (const char* draws : {"0", "1", "99"})
    EXPECT_EQ(code({"compare", at("out"), "--draws", draws}), 2) << draws;
  EXPECT_EQ(code({"compare", at("out"), "--draws", "100"}), 0);
  const std::string one = at("out/results/model1"), two = at("out/results/model2");
  EXPECT_EQ(code({"compare", "a=" + one, "A=" + two}), 2) << "one folder where case does not count";
  EXPECT_EQ(code({"compare", "--arm", "a=" + one, "--arm", "A=" + two}), 2);
}

TEST_F(SuiteCommand, CompareWritesEveryForm) {
  testing::internal::CaptureStdout();
  ASSERT_EQ(run(suite(at("out"))), 0);
  testing::internal::GetCapturedStdout();
  const std::string one = at("out/results/model1"), two = at("out/results/model2");
  for (const std::string form : {"md", "csv", "json", "html"}) {
    ASSERT_EQ(run({"compare", "a=" + one, "b=" + two, "--per-class", "--output", at("c." + form)}),
              0)
        << form;
  }
  const std::string markdown = read_file(at("c.md"));
  EXPECT_NE(markdown.find("| set | metric | samples | a | b | b \xE2\x88\x92 a |"),
            std::string::npos)
      << markdown;
  EXPECT_NE(markdown.find("| green pear | 2 |"), std::string::npos) << markdown;
  const std::string csv = read_file(at("c.csv"));
  EXPECT_EQ(csv.substr(0, csv.find('\n')),
            "set,metric,class,arm,samples,value,deviation,difference,low,high");
  EXPECT_NE(csv.find("first,acc1,green pear,b,2,"), std::string::npos) << csv;
  EXPECT_EQ(read_json(at("c.json"))["arms"], (Json{"a", "b"}));
  testing::internal::CaptureStdout();
  ASSERT_EQ(run({"compare", "--arm", "x=" + one + "," + two, "--arm", "y=" + two + "," + one}), 0);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("and runs)"), std::string::npos);
}

}  // namespace
}  // namespace clipwright::cli
