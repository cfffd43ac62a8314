// Flags of the real program.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>

#include "tests/rewrite/child_process.h"
#include "tests/temporary_folder.h"

namespace clipwright::rewrite::job {
namespace {

namespace fs = std::filesystem;

class RewriteCommand : public testing::Test {
 protected:
  struct Result {
    int code;
    std::string output, errors;
  };
  Result run(std::vector<std::string> more) {
    std::vector<std::string> arguments = {"rewrite", "--captions", captions_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    ChildProcess program(arguments, folder_ / "printed");
    const int code = program.wait();
    return {code, program.output(), program.errors()};
  }
  TemporaryFolder folder_;
  std::string captions_ = folder_.write("captions.txt", "a small dog runs\na cat sleeps\n"),
              ledger_ = "sqlite:" + (folder_ / "l.db");
};

TEST_F(RewriteCommand, AFlagThatWouldSayNothingIsRefusedBeforeAnyWork) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--engine", "eda", "--modes", "human"}, "--modes says nothing to --engine eda"},
      {{"--engine", "eda", "--triples", "4"}, "--triples says nothing to --engine eda"},
      {{"--engine", "eda", "--prompt", "laclip"}, "--prompt says nothing to --engine eda"},
      {{"--engine", "eda", "--temperature", "0.5"}, "--temperature says nothing to --engine eda"},
      {{"--engine", "eda", "--max-tokens", "9"}, "--max-tokens says nothing to --engine eda"},
      {{"--engine", "eda", "--price-in", "1"}, "--price-in says nothing without --dry-run"},
      {{"--engine", "eda", "--sample", "5"}, "--sample says nothing without --dry-run"},
  };
  for (const auto& [flags, words] : cases) {
    std::vector<std::string> all = flags;
    all.insert(all.end(), {"--ledger", ledger_, "--output", folder_ / "out"});
    const Result result = run(all);
    EXPECT_EQ(result.code, 2) << words;
    EXPECT_NE(result.errors.find(words), std::string::npos) << result.errors;
  }
  EXPECT_FALSE(fs::exists(folder_ / "l.db"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(RewriteCommand, CountsBelowZeroAreRefused) {
  for (const char* flag : {"--limit", "--attempts", "--triples", "--seed", "--budget-tokens"}) {
    const Result result = run({"--engine", "eda", flag, "-1", "--ledger", ledger_});
    EXPECT_EQ(result.code, 2) << flag;
    EXPECT_NE(result.errors.find(flag), std::string::npos) << result.errors;
  }
  EXPECT_FALSE(fs::exists(folder_ / "l.db"));
}

TEST_F(RewriteCommand, ReplaysEveryModeThatWasRecorded) {
  const std::string records = folder_ / "r.jsonl.gz";
  ASSERT_EQ(
      run({"--engine", "eda", "--ledger", ledger_, "--records", records, "--output", folder_ / "a"})
          .code,
      0);
  const Result replayed = run({"--engine", "replay", "--replay", records, "--ledger",
                               "sqlite:" + (folder_ / "b.db"), "--output", folder_ / "b"});
  EXPECT_EQ(replayed.code, 0) << replayed.errors;
  const std::string texts = contents_of(folder_ / "a/eda.txt");
  EXPECT_EQ(std::count(texts.begin(), texts.end(), '\n'), 2);
  EXPECT_EQ(contents_of(folder_ / "b/eda.txt"), texts);
  const Result none = run({"--engine", "replay", "--replay", records, "--modes", "human",
                           "--ledger", "sqlite:" + (folder_ / "c.db")});
  EXPECT_EQ(none.code, 3);
  EXPECT_NE(none.errors.find("no texts of the mode 'human'; expected one of: eda"),
            std::string::npos)
      << none.errors;
}

TEST_F(RewriteCommand, AModeThatIsNoFileNameIsRefusedBeforeAnyWork) {
  std::string pack = "caption\trewrite\n";
  for (int i = 0; i < 16; ++i)
    pack +=
        "dog number " + std::to_string(i) + "\ta dog that is number " + std::to_string(i) + "\n";
  for (const char* mode : {"v/2", "../x", ".hidden"}) {
    const Result result = run({"--examples", folder_.write("mine.tsv", pack), "--examples-mode",
                               mode, "--ledger", ledger_, "--output", folder_ / "out"});
    EXPECT_EQ(result.code, 2) << mode << result.errors;
  }
  EXPECT_FALSE(fs::exists(folder_ / "l.db"));
}

TEST_F(RewriteCommand, AFolderThatWouldLoseAnotherModesTextsIsRefused) {
  ASSERT_EQ(run({"--engine", "eda", "--ledger", ledger_, "--records", folder_ / "r.jsonl",
                 "--output", folder_ / "out"})
                .code,
            0);
  const std::string before = contents_of(folder_ / "out/rewrites.jsonl");
  EXPECT_NE(contents_of(folder_ / "out/recipes.json").find("\"eda\""), std::string::npos);
  // The same records under another mode's name.
  std::string other = contents_of(folder_ / "r.jsonl");
  for (size_t at; (at = other.find("\"mode\":\"eda\"")) != std::string::npos;)
    other.replace(at, 12, "\"mode\":\"own\"");
  const std::string records = folder_.write("own.jsonl", other);
  const Result refused = run({"--engine", "replay", "--replay", records, "--ledger", ledger_,
                              "--output", folder_ / "out"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.errors.find("(eda)"), std::string::npos) << refused.errors;
  EXPECT_EQ(contents_of(folder_ / "out/rewrites.jsonl"), before);
  EXPECT_EQ(run({"--engine", "replay", "--replay", records, "--ledger", ledger_, "--output",
                 folder_ / "other"})
                .code,
            0);
}

TEST_F(RewriteCommand, WhatWasGivenUpIsNotCalledDone) {
  captions_ =
      folder_.write("one.txt", "qqzzk\na small dog runs\n");  // nothing to exchange in the first
  const std::vector<std::string> flags = {"--engine", "eda",      "--attempts", "2",
                                          "--json",   "--ledger", ledger_};
  const Result first = run(flags), second = run(flags);
  EXPECT_NE(first.output.find("\"given_up\":1"), std::string::npos) << first.output;
  EXPECT_NE(second.output.find("\"already_done\":1"), std::string::npos) << second.output;
  EXPECT_NE(second.output.find("\"given_up_before\":1"), std::string::npos) << second.output;
}

TEST_F(RewriteCommand, EqualCaptionsReplayToTheirOwnTexts) {
  std::string same;
  for (int i = 0; i < 20; ++i) same += "a small dog runs over the green grass\n";
  captions_ = folder_.write("same.txt", same);
  ASSERT_EQ(run({"--engine", "eda", "--keep-duplicates", "--ledger", ledger_, "--records",
                 folder_ / "r.jsonl", "--output", folder_ / "a"})
                .code,
            0);
  for (const std::string& source : {folder_ / "r.jsonl", folder_ / "l.db"}) {
    ASSERT_EQ(run({"--engine", "replay", "--replay", source, "--keep-duplicates", "--ledger",
                   "sqlite:" + source + ".replayed", "--output", folder_ / "b"})
                  .code,
              0);
    EXPECT_EQ(contents_of(folder_ / "b/eda.txt"), contents_of(folder_ / "a/eda.txt"));
  }
}

TEST_F(RewriteCommand, AMisspeltVariableIsTold) {
  const auto warning = [&](const char* variable) {
    ChildProcess program(
        {"rewrite", "--captions", captions_, "--engine", "eda", "--ledger", ledger_},
        folder_ / "printed", [&] { setenv(variable, "5", 1); });
    EXPECT_EQ(program.wait(), 0) << program.errors();
    return program.errors();
  };
  EXPECT_NE(warning("CLIPWRIGHT_LIMTI")
                .find("CLIPWRIGHT_LIMTI is no setting of this program. Did "
                      "you mean 'CLIPWRIGHT_LIMIT'?"),
            std::string::npos);
  EXPECT_EQ(warning("CLIPWRIGHT_LIMIT").find("no setting"), std::string::npos);
}

}  // namespace
}  // namespace clipwright::rewrite::job
