#include "flags/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::flags {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

struct Settings {
  std::string records, data, output, html, folder;
  std::vector<std::string> inputs;
  uint64_t seed = 0;
  double rate = 0.1;
  bool ran = false;
};

struct Outcome {
  int code = 0;
  std::string said;
  Settings settings;
};

/// A program with two commands: one reads and writes, the other only writes beside its output.
Outcome run_with(std::vector<std::string> arguments) {
  Outcome outcome;
  Settings& settings = outcome.settings;
  const auto build = [&settings](CLI::App& program) {
    CLI::App* command = program.add_subcommand("work");
    command->add_option("--data", settings.data)->type_name("SRC");
    command->add_option("inputs", settings.inputs)->type_name("NAME=PATH,...");
    command->add_option("--output", settings.output)->type_name("FILE.json");
    command->add_option("--html", settings.html)->type_name("FILE");
    command->add_option("--seed", settings.seed);
    command->add_option("--rate", settings.rate);
    command->callback([&settings] { settings.ran = true; });
    CLI::App* many = program.add_subcommand("many");
    many->add_option("--output", settings.folder)->type_name("DIR");
    many->add_option("--records", settings.records)->type_name("FILE");
    many->callback([&settings] { settings.ran = true; });
  };
  arguments.insert(arguments.begin(), "tool");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  testing::internal::CaptureStderr();
  outcome.code = run({.name = "tool",
                      .build = build,
                      .beside =
                          [](const CLI::App&, const fs::path& output) {
                            fs::path names = output;
                            return std::vector<fs::path>{names.replace_extension(".names.txt")};
                          }},
                     static_cast<int>(pointers.size()), pointers.data());
  outcome.said = testing::internal::GetCapturedStderr();
  return outcome;
}

class CommandLine : public testing::Test {
 protected:
  /// Nothing was begun, and the file is as it was.
  void expect_refused(const std::vector<std::string>& arguments, const std::string& sentence) {
    const Outcome outcome = run_with(arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.said;
    EXPECT_THAT(outcome.said, HasSubstr(sentence));
    EXPECT_FALSE(outcome.settings.ran);
  }
  TemporaryFolder folder_;
};

TEST_F(CommandLine, NumbersThatAFlagCannotHoldAreExplained) {
  EXPECT_EQ(run_with({"work", "--seed", "7", "--rate", "1e-3"}).settings.seed, 7U);
  expect_refused({"work", "--seed", "-1"}, "--seed is '-1'; expected a whole number from 0");
  expect_refused({"work", "--seed=-1"}, "--seed is '-1'; expected a whole number from 0");
  expect_refused({"work", "--seed", "1.5"}, "--seed is '1.5'; expected a finite number");
  expect_refused({"work", "--seed", "one"}, "--seed is 'one'; expected a number");
  expect_refused({"work", "--rate", "inf"}, "--rate is 'inf'; expected a finite number");
  expect_refused({"work", "--rate", "nan"}, "--rate is 'nan'; expected a finite number");
  // Wherever the number stands.
  const std::string file = folder_.write("c.toml", "rate = nan\n");
  expect_refused({"work", "--config", file}, "--rate is 'nan'");
  const std::string seed = folder_.write("s.toml", "seed = -1\n");
  expect_refused({"work", "--config", seed}, "--seed is '-1'");
}

TEST_F(CommandLine, AnOutputThatCannotBeWrittenIsToldBeforeTheWork) {
  expect_refused({"work", "--output", folder_ / "nowhere/r.json"}, "cannot be written");
  expect_refused({"work", "--output", folder_.path().string()}, "it is a folder");
  expect_refused({"work", "--html", folder_ / "nowhere/r.html"}, "cannot be written");
  const std::string file = folder_.write("file", "kept");
  expect_refused({"many", "--output", file}, "is no folder");
  expect_refused({"many", "--output", file + "/below"}, "is no folder");
  EXPECT_EQ(read_file(file), "kept");
  // What can be written is not made before there is something in it.
  for (const std::string& output : {folder_ / "r.json", file}) {
    const Outcome outcome = run_with({"work", "--output", output});
    EXPECT_TRUE(outcome.settings.ran) << outcome.said;
  }
  EXPECT_FALSE(fs::exists(folder_ / "r.json"));
  EXPECT_EQ(read_file(file), "kept");
  EXPECT_TRUE(run_with({"many", "--output", folder_ / "new/er"}).settings.ran);
  EXPECT_FALSE(fs::exists(folder_ / "new"));
  // In the folder that the command makes first.
  EXPECT_TRUE(run_with({"many", "--output", folder_ / "new/", "--records", folder_ / "new/r.jsonl"})
                  .settings.ran);
  expect_refused({"many", "--output", folder_ / "new", "--records", folder_ / "newer/r.jsonl"},
                 "--records " + (folder_ / "newer/r.jsonl: cannot be written"));
}

TEST_F(CommandLine, NothingIsWrittenOverWhatIsRead) {
  const std::string a = folder_.write("a.csv", "a"), b = folder_.write("b.csv", "b"),
                    shard = folder_.write("s-07.tar", "s"),
                    names = folder_.write("r.names.txt", "n"),
                    config = folder_.write("c.toml", "data = \"x\"\n");
  fs::create_symlink(a, folder_ / "link.csv");
  const std::vector<std::vector<std::string>> refused = {
      {"work", "--data", a, "--output", a},
      {"work", "--data", a, "--output", folder_.path().string() + "/./a.csv"},
      {"work", "--data", folder_ / "link.csv", "--output", a},
      {"work", "--data", a, "--output", folder_ / "link.csv"},
      {"work", "--data", b + "::" + a, "--output", a},
      {"work", "--data", folder_ / "s-{00..09}.tar", "--output", shard},
      {"work", "base=" + b + "," + a, "--output", a},
      {"work", "sqlite:" + a, "--output", a},
      {"work", b, a, "--html", a},
      // Beside the result.
      {"work", "--data", names, "--output", folder_ / "r.json"},
      {"work", "--config", config, "--output", config}};
  for (const std::vector<std::string>& arguments : refused)
    expect_refused(arguments, "would be written over");
  expect_refused({"work", "--output", b, "--html", b}, "--output and --html are both");
  EXPECT_THAT(run_with(refused[0]).said,
              AllOf(HasSubstr("--output " + a), HasSubstr("which --data reads")));
  EXPECT_EQ(read_file(a), "a");
  const std::vector<std::vector<std::string>> taken = {
      {"work", "--data", a, "--output", b},
      {"work", "--data", a, "--output", folder_ / "new.json"},
      {"work", "--data", folder_.path().string(), "--output", a},
      {"work", "--data", folder_ / "t-{00..09}.tar", "--output", shard}};
  for (const std::vector<std::string>& arguments : taken) {
    const Outcome outcome = run_with(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.said;
    EXPECT_TRUE(outcome.settings.ran);
  }
}

}  // namespace
}  // namespace clipwright::flags
