#include "rewrite/ledger/ledger.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "rewrite/archive/ledger_merge.h"

namespace clipwright::rewrite::ledger {
namespace {

namespace fs = std::filesystem;

class LedgerFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clipwright-ledger-" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    path_ = folder_ / "ledger.db";
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::unique_ptr<Ledger> open() const { return open_ledger("sqlite:" + path_.string()); }
  static std::vector<LedgerProgress> progress(Ledger& ledger, const std::string& recipe) {
    std::vector<LedgerProgress> all;
    const LedgerTask task{"human", sha256(recipe)};
    ledger.progress(std::span(&task, 1),
                    [&](size_t, const LedgerProgress& known) { all.push_back(known); });
    return all;
  }
  static LedgerRow row(const std::string& source, int attempt, const std::string& status,
                       const std::string& text) {
    return {.source = sha256(source),
            .mode = "human",
            .recipe = sha256("recipe"),
            .attempt = attempt,
            .status = status,
            .text = text,
            .tokens_in = 100,
            .tokens_out = 9,
            .seconds = 0.5};
  }
  ExitCode code_of_opening() const {
    try {
      open();
    } catch (const Error& error) {
      return error.code();
    }
    return ExitCode::kDone;
  }
  fs::path folder_, path_;
};

TEST_F(LedgerFile, KeepsWhatWasCommittedAndNothingElse) {
  {
    const auto ledger = open();
    ledger->add(row("a cat", 0, "rejected:empty", ""), "a cat");
    ledger->add(row("a cat", 1, "accepted", "one cat"), "a cat");
    ledger->commit();
    ledger->add(row("a dog", 0, "accepted", "one dog"), "a dog");  // never committed
  }
  const auto ledger = open();
  const auto last = ledger->last(sha256("a cat"), "human", sha256("recipe"));
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->text, "one cat");
  EXPECT_EQ(last->attempt, 1);
  EXPECT_EQ(last->tokens_out, 9);
  EXPECT_FALSE(ledger->last(sha256("a dog"), "human", sha256("recipe")).has_value());
  EXPECT_FALSE(ledger->last(sha256("a cat"), "bard", sha256("recipe")).has_value());
  EXPECT_FALSE(ledger->last(sha256("a cat"), "human", sha256("another recipe")).has_value());
}

TEST_F(LedgerFile, AFinishedRowNeverChanges) {
  const auto ledger = open();
  ledger->add(row("a cat", 0, "accepted", "first"), "a cat");
  ledger->commit();
  ledger->add(row("a cat", 0, "accepted", "second"), "a cat");
  ledger->commit();
  EXPECT_EQ(ledger->last(sha256("a cat"), "human", sha256("recipe"))->text, "first");
}

TEST_F(LedgerFile, AnAcceptedTextIsNotHiddenByLaterAttempts) {
  const auto ledger = open();
  ledger->add(row("a cat", 0, "accepted", "the text"), "a cat");
  ledger->add(row("a cat", 1, "rejected:empty", ""), "a cat");
  ledger->commit();
  EXPECT_EQ(ledger->last(sha256("a cat"), "human", sha256("recipe"))->text, "the text");
}

TEST_F(LedgerFile, AMergeNeverPutsARejectedReplyInThePlaceOfAnAcceptedText) {
  for (const bool accepted_first : {true, false}) {
    const auto one = open_ledger("sqlite:" + (folder_ / "one.db").string()),
               two = open_ledger("sqlite:" + (folder_ / "two.db").string());
    LedgerRow text = row("a cat", 0, "accepted", "the text"),
              none = row("a cat", 0, "rejected:empty", "");
    text.at = accepted_first ? "2024-01-01T00:00:00Z" : "2025-01-01T00:00:00Z";
    none.at = accepted_first ? "2025-01-01T00:00:00Z" : "2024-01-01T00:00:00Z";
    one->add(text, "a cat");
    two->add(none, "a cat");
    one->commit();
    two->commit();
    archive::merge_ledger(*one, *two);
    archive::merge_ledger(*two, *one);
    for (Ledger* ledger : {one.get(), two.get()})
      EXPECT_EQ(ledger->last(sha256("a cat"), "human", sha256("recipe"))->text, "the text");
    fs::remove(folder_ / "one.db");
    fs::remove(folder_ / "two.db");
  }
}

TEST_F(LedgerFile, OneLedgerUnderTwoNamesIsOneLedger) {
  const auto ledger = open();
  ledger->add(row("a cat", 0, "accepted", "x"), "a cat");
  ledger->commit();
  fs::create_symlink(path_, folder_ / "other-name.db");
  const auto other = open_ledger("sqlite:" + (folder_ / "other-name.db").string());
  const LedgerTask task{"human", sha256("recipe")};
  const Sha256 dog = sha256("a dog");
  EXPECT_EQ(ledger->claim(task, std::span(&dog, 1), 3)[0].state, ClaimAnswer::kOurs);
  EXPECT_EQ(other->claim(task, std::span(&dog, 1), 3)[0].state, ClaimAnswer::kHeld);
}

TEST_F(LedgerFile, AFileThatLostItsNameIsToldAndItsRowsAreSaved) {
  const auto ledger = open();
  ledger->add(row("a cat", 0, "accepted", "first"), "a cat");
  ledger->commit();
  fs::remove(path_);
  ledger->add(row("a dog", 0, "accepted", "second"), "a dog");
  std::string told;
  try {
    ledger->commit();
  } catch (const Error& error) {
    told = error.what();
  }
  EXPECT_NE(told.find("was deleted or replaced"), std::string::npos) << told;
  const fs::path saved = path_.string() + ".saved-" + std::to_string(getpid());
  ASSERT_NE(told.find(saved.string()), std::string::npos) << told;
  EXPECT_EQ(open_ledger("sqlite:" + saved.string(), {.create = false})
                ->last(sha256("a cat"), "human", sha256("recipe"))
                ->text,
            "first");
}

TEST_F(LedgerFile, ProgressCountsRejectedRepliesInOrderOfTheHash) {
  const auto ledger = open();
  for (int i = 0; i < 50; ++i) {
    const std::string source = "caption " + std::to_string(i);
    for (int attempt = 0; attempt <= i % 3; ++attempt)
      ledger->add(row(source, attempt, attempt == 1 ? "accepted" : "rejected:empty", "text"),
                  source);
    ledger->add(row(source, 3, "failed:http-500", ""), source);  // uses up nothing
  }
  ledger->commit();
  const auto known = progress(*ledger, "recipe");
  ASSERT_EQ(known.size(), 50u);
  for (size_t i = 1; i < known.size(); ++i) EXPECT_LT(known[i - 1].source, known[i].source);
  for (int i = 0; i < 50; ++i) {
    const auto key = short_key(sha256("caption " + std::to_string(i)));
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const LedgerProgress& p) { return p.source == key; });
    ASSERT_NE(found, known.end());
    EXPECT_EQ(found->rejected, i % 3 == 2 ? 2 : 1);
    EXPECT_EQ(found->accepted, i % 3 >= 1);
  }
  EXPECT_TRUE(progress(*ledger, "another").empty());
}

TEST_F(LedgerFile, TheSchemaIsTheDocumentedOne) {
  {
    const auto ledger = open();
    ledger->describe(sha256("recipe"), "{\"engine\":\"test\"}");
    ledger->add(row("a cat", 0, "accepted", "one cat"), "a cat");
    ledger->commit();
  }
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
  std::string found;
  const char* sql =
      "SELECT status || '|' || r.text || '|' || s.text || '|' || description || '|' || (at LIKE "
      "'20__-__-__T%Z') || '|' || (worker LIKE '%:%') "
      "FROM rewrite r JOIN source s USING (source_sha) JOIN recipe USING (recipe_sha)";
  const auto keep = [](void* into, int, char** values, char**) {
    return *static_cast<std::string*>(into) = values[0], 0;
  };
  ASSERT_EQ(sqlite3_exec(database, sql, keep, &found, nullptr), SQLITE_OK);
  EXPECT_EQ(found, "accepted|one cat|a cat|{\"engine\":\"test\"}|1|1");
  sqlite3_close(database);
}

TEST_F(LedgerFile, ForeignFilesAreRefused) {
  std::ofstream(path_) << "this is no database, only a text that is long enough to look at and "
                          "then some more of it to be sure";
  EXPECT_EQ(code_of_opening(), ExitCode::kInput);
  fs::remove(path_);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
  sqlite3_exec(database, "PRAGMA user_version=99; CREATE TABLE rewrite (x)", nullptr, nullptr,
               nullptr);
  sqlite3_close(database);
  EXPECT_EQ(code_of_opening(), ExitCode::kInput);
  EXPECT_THROW(open_ledger("sqlite:/no/such/folder/ledger.db"), Error);
  EXPECT_THROW(open_ledger("mysql://host/db"), Error);
}

TEST_F(LedgerFile, ATableOfAnotherProgramIsRefused) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
  sqlite3_exec(database, "CREATE TABLE rewrite (other INT)", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  EXPECT_EQ(code_of_opening(), ExitCode::kInput);
}

TEST_F(LedgerFile, AFullDiskIsAnErrorThatLosesNothing) {
  // In a child, since the limit on file sizes is the process's.
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const auto ledger = open();
    ledger->add(row("kept", 0, "accepted", "kept text"), "kept");
    ledger->commit();
    const rlimit limit{200000, 200000};
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      for (int i = 0;; ++i) {
        const std::string source = "caption " + std::to_string(i) + std::string(1000, '.');
        ledger->add(row(source, 0, "accepted", std::string(1000, 'x')), source);
        ledger->commit();
      }
    } catch (const Error& error) {
      _exit(error.code() == ExitCode::kFailed ? 0 : 2);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto ledger = open();
  EXPECT_EQ(ledger->last(sha256("kept"), "human", sha256("recipe"))->text, "kept text");
  const size_t rows = progress(*ledger, "recipe").size();
  EXPECT_GT(rows, 5u);
  ledger->add(row("later", 0, "accepted", "later text"),
              "later");  // usable again once there is room
  ledger->commit();
  EXPECT_EQ(progress(*ledger, "recipe").size(), rows + 1);
}

}  // namespace
}  // namespace clipwright::rewrite::ledger
