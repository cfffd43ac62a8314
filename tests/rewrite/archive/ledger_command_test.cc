// `clipwright ledger`, as a user runs it.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "core/json.h"
#include "rewrite/archive/ledger_pairs.h"
#include "rewrite/archive/ledger_report.h"
#include "rewrite/archive/replay_texts.h"
#include "rewrite/ledger/ledger.h"
#include "tests/rewrite/child_process.h"

namespace clipwright::rewrite::archive {
namespace {

namespace fs = std::filesystem;

class LedgerCommand : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clipwright-ledger-command-" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    const auto ledger = ledger::open_ledger(file("one.db"));
    ledger->describe(recipe_, kRecipe);
    ledger->add(row("a cat", 0, "rejected:empty", ""), "a cat");
    ledger->add(row("a cat", 1, "accepted", "one cat"), "a cat");
    ledger->add(row("a dog", 0, "accepted", "one dog"), "a dog");
    ledger->commit();
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  ledger::LedgerRow row(const std::string& source, int attempt, const std::string& status,
                        const std::string& text) const {
    return {.source = ledger::source_key(source),
            .mode = "human",
            .recipe = recipe_,
            .attempt = attempt,
            .status = status,
            .text = text,
            .tokens_in = 100,
            .tokens_out = 7,
            .seconds = 2};
  }
  ChildProcess run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "ledger");
    ChildProcess child(std::move(arguments), folder_ / "out");
    child.wait();
    return child;
  }
  /// Changes a ledger as a defect would.
  void damage(const std::string& sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file("one.db").c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sql;
    sqlite3_close(database);
  }

  /// Names, contents and times of everything in the folder of ledgers.
  std::map<std::string, std::pair<std::string, fs::file_time_type>> everything() const {
    std::map<std::string, std::pair<std::string, fs::file_time_type>> all;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().extension() == ".db" ||
          entry.path().string().find(".db-") != std::string::npos)
        all[entry.path().filename()] = {contents_of(entry.path()), entry.last_write_time()};
    }
    return all;
  }

  static constexpr const char* kRecipe =
      "{\"engine\":\"test\",\"details\":{\"model_name\":\"Tiny\"}}";
  const Sha256 recipe_ = sha256("{\"engine\":\"test\"}");
  fs::path folder_;
};

TEST_F(LedgerCommand, StatusTellsWhatIsThere) {
  ChildProcess told = run({"status", "--ledger", file("one.db")});
  EXPECT_EQ(told.wait(), 0) << told.errors();
  EXPECT_NE(told.output().find("3 attempts"), std::string::npos) << told.output();
  EXPECT_NE(told.output().find("(test, Tiny)"), std::string::npos) << told.output();
  EXPECT_NE(told.output().find("human: accepted 2, 200 prompt and 14 new tokens, 4 s"),
            std::string::npos)
      << told.output();
  const Json json = Json::parse(run({"status", "--ledger", file("one.db"), "--json"}).output());
  EXPECT_EQ(json["rows"], 3);
  EXPECT_EQ(json["recipes"][0]["modes"]["human"]["rejected:empty"]["rows"], 1);
  EXPECT_EQ(json["workers"][0]["rows"], 3);
}

TEST_F(LedgerCommand, ALedgerThatIsNotThereIsNotMade) {
  for (const char* command : {"status", "verify"}) {
    ChildProcess child = run({command, "--ledger", file("absent.db")});
    EXPECT_EQ(child.wait(), 3) << command;
    EXPECT_NE(child.errors().find("there is no such ledger"), std::string::npos) << child.errors();
  }
  EXPECT_FALSE(fs::exists(folder_ / "absent.db"));
}

TEST_F(LedgerCommand, ExportWritesEachFormat) {
  EXPECT_EQ(run({"export", "--ledger", file("one.db"), "--output", file("r.jsonl.gz")}).wait(), 0);
  const ReplayTexts records = ReplayTexts::read(file("r.jsonl.gz"));
  EXPECT_EQ(records.size(), 2u);
  EXPECT_EQ(*records.find("a cat", "human"), "one cat");

  ASSERT_EQ(run({"export", "--ledger", file("one.db"), "--format", "rewrites", "--output",
                 file("rewrites.jsonl")})
                .wait(),
            0);
  const std::string lines = contents_of(file("rewrites.jsonl"));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
  EXPECT_NE(lines.find("\"text\":\"one cat\",\"status\":\"accepted\",\"attempt\":1"),
            std::string::npos)
      << lines;
  // The audit reads it.
  ChildProcess audit({"audit", "--rewrites", file("rewrites.jsonl"), "--output", file("a.json")},
                     folder_ / "audit");
  EXPECT_EQ(audit.wait(), 0) << audit.errors();

  ASSERT_EQ(run({"export", "--ledger", file("one.db"), "--format", "attempts", "--output",
                 file("attempts.jsonl")})
                .wait(),
            0);
  const std::string attempts = contents_of(file("attempts.jsonl"));
  EXPECT_EQ(std::count(attempts.begin(), attempts.end(), '\n'), 3);
  EXPECT_EQ(
      run({"export", "--ledger", file("one.db"), "--mode", "bard", "--output", file("x")}).wait(),
      3);
  EXPECT_FALSE(fs::exists(folder_ / "x"));
  EXPECT_EQ(
      run({"export", "--ledger", file("one.db"), "--format", "xml", "--output", file("x")}).wait(),
      2);
}

TEST_F(LedgerCommand, MergeIsTheUnionInEitherDirection) {
  {
    const auto ledger = ledger::open_ledger(file("two.db"));
    ledger->describe(recipe_, kRecipe);
    ledger::LedgerRow other = row("a dog", 0, "accepted", "another dog");
    other.at = "2020-01-01T00:00:00Z";  // older than the one of one.db
    ledger->add(other, "a dog");
    ledger->add(row("a bird", 0, "accepted", "one bird"), "a bird");
    ledger->commit();
  }
  ChildProcess merge = run({"merge", "--into", file("ab.db"), file("one.db"), file("two.db")});
  ASSERT_EQ(merge.wait(), 0) << merge.errors();
  EXPECT_NE(merge.output().find("1 attempts added, 0 there already, 1 in conflict"),
            std::string::npos)
      << merge.output();
  EXPECT_NE(merge.output().find("kept accepted 'another dog'"), std::string::npos)
      << merge.output();
  ASSERT_EQ(run({"merge", "--into", file("ba.db"), file("two.db"), file("one.db")}).wait(), 0);
  EXPECT_EQ(ReplayTexts::read(file("ab.db")).digest(), ReplayTexts::read(file("ba.db")).digest());
  EXPECT_EQ(*ReplayTexts::read(file("ab.db")).find("a dog", "human"), "another dog");
  const Json again =
      Json::parse(run({"merge", "--into", file("ab.db"), file("one.db"), "--json"}).output());
  EXPECT_EQ(again[file("one.db")]["added"], 0);
  EXPECT_EQ(again[file("one.db")]["equal"], 2);
  EXPECT_EQ(run({"verify", "--ledger", file("ab.db")}).wait(), 0);
}

TEST_F(LedgerCommand, RecordsBecomeALedger) {
  ASSERT_EQ(run({"export", "--ledger", file("one.db"), "--output", file("r.jsonl.gz")}).wait(), 0);
  ChildProcess merge = run({"merge", "--into", file("new.db"), file("r.jsonl.gz")});
  ASSERT_EQ(merge.wait(), 0) << merge.errors();
  EXPECT_NE(merge.output().find("2 records read"), std::string::npos) << merge.output();
  EXPECT_EQ(ReplayTexts::read(file("new.db")).digest(), ReplayTexts::read(file("one.db")).digest());
  EXPECT_EQ(ReplayTexts::read(file("new.db")).size(), 2u);
  std::ofstream(file("bad.jsonl")) << "no record\n";
  EXPECT_EQ(run({"merge", "--into", file("new.db"), file("bad.jsonl")}).wait(), 3);
}

TEST_F(LedgerCommand, ReadingChangesNothing) {
  const auto before = everything();
  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(run({"status", "--ledger", file("one.db")}).wait(), 0);
  EXPECT_EQ(run({"verify", "--ledger", file("one.db")}).wait(), 0);
  EXPECT_EQ(run({"export", "--ledger", file("one.db"), "--output", file("r.jsonl")}).wait(), 0);
  EXPECT_EQ(ReplayTexts::read("sqlite:" + file("one.db")).size(), 2u);
  ChildProcess audit({"audit", "--ledger", file("one.db"), "--output", file("a.json")},
                     folder_ / "audit");
  EXPECT_EQ(audit.wait(), 0) << audit.errors();
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(run({"merge", "--into", file("all.db"), file("one.db")}).wait(), 0);
  EXPECT_EQ(everything().at("one.db"), before.at("one.db"));
}

TEST_F(LedgerCommand, AnOlderLedgerIsReadWithoutMigration) {
  damage("ALTER TABLE source DROP COLUMN occurrence; DROP TABLE claim");
  const auto before = everything();
  for (const char* command : {"status", "verify"}) {
    ChildProcess child = run({command, "--ledger", file("one.db")});
    EXPECT_EQ(child.wait(), 0) << command << child.errors();
  }
  EXPECT_EQ(run({"export", "--ledger", file("one.db"), "--output", file("r.jsonl")}).wait(), 0);
  EXPECT_EQ(everything(), before);
}

TEST_F(LedgerCommand, WhatIsNoLedgerIsRefusedAndLeftAlone) {
  std::ofstream(file("empty.db")).flush();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file("other.db").c_str(), &database), SQLITE_OK);
  sqlite3_exec(database, "CREATE TABLE contacts (name TEXT)", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  std::ofstream(file("captions.txt")) << "a cat\n";
  const auto before = everything();
  for (const std::string name : {"empty.db", "other.db"}) {
    const std::vector<std::vector<std::string>> commands = {
        {"ledger", "status", "--ledger", file(name)},
        {"ledger", "verify", "--ledger", file(name)},
        {"ledger", "export", "--ledger", file(name), "--output", file("x.jsonl")},
        {"ledger", "merge", "--into", file("made.db"), file(name)},
        {"ledger", "merge", "--into", file(name), file("one.db")},
        {"audit", "--ledger", file(name), "--output", file("a.json")},
        {"rewrite", "--captions", file("captions.txt"), "--engine", "replay", "--replay",
         "sqlite:" + file(name), "--ledger", file("made.db"), "--output", file("made")}};
    for (const auto& command : commands) {
      ChildProcess child(command, folder_ / "out");
      EXPECT_EQ(child.wait(), 3) << name << ": " << command[0] << " " << command[1] << "\n"
                                 << child.errors();
    }
  }
  const std::vector<std::string> rewrite = {"rewrite",  "--captions", file("captions.txt"),
                                            "--engine", "eda",        "--output",
                                            file("o"),  "--ledger"};
  const auto rewrite_into = [&](const std::string& name) {
    std::vector<std::string> command = rewrite;
    command.push_back(file(name));
    ChildProcess child(command, folder_ / "out");
    const int code = child.wait();
    EXPECT_TRUE(code == 0 || code == 3) << child.errors();
    return code;
  };
  EXPECT_EQ(rewrite_into("other.db"), 3);
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(rewrite_into("empty.db"), 0);  // its owner may have made it on purpose
  EXPECT_EQ(run({"verify", "--ledger", file("empty.db")}).wait(), 0);
}

TEST_F(LedgerCommand, AFolderThatMayNotBeWrittenToIsRead) {
  fs::create_directories(folder_ / "kept");
  fs::rename(file("one.db"), folder_ / "kept" / "one.db");
  fs::permissions(folder_, fs::perms(0755));
  fs::permissions(folder_ / "kept" / "one.db", fs::perms(0444));
  fs::permissions(folder_ / "kept", fs::perms(0555));
  const std::string name = (folder_ / "kept" / "one.db").string();
  const pid_t child = ::fork();
  if (child == 0) {  // not the program: its libraries may lie where only root reads
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(77);
    try {
      if (ledger_status(*ledger::open_ledger(name, {.create = false})).rows() != 3) ::_exit(2);
      if (!verify_ledger(*ledger::open_ledger(name, {.create = false})).whole()) ::_exit(3);
      if (ReplayTexts::read(name).size() != 2) ::_exit(4);
      if (open_ledger_pairs(name)->total() != 2) ::_exit(5);
      ::_exit(0);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      ::_exit(6);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const auto files = std::distance(fs::directory_iterator(folder_ / "kept"), {});
  fs::permissions(folder_ / "kept", fs::perms(0755));
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "root cannot become another user here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(files, 1);
}

TEST_F(LedgerCommand, MergeLeavesOutWhatVerifyWouldReject) {
  damage("UPDATE source SET text = 'a cow' WHERE text = 'a dog'");
  damage("UPDATE rewrite SET status = 'perhaps' WHERE status LIKE 'rejected%'");
  damage("UPDATE recipe SET description = '{}'");
  ChildProcess merge = run({"merge", "--into", file("all.db"), file("one.db")});
  ASSERT_EQ(merge.wait(), 0) << merge.errors();
  EXPECT_NE(merge.output().find("1 attempts added, 0 there already, 0 in conflict, 2 left out as "
                                "damaged, 1 damaged descriptions of recipes left out"),
            std::string::npos)
      << merge.output();
  const LedgerFindings findings = verify_ledger(*ledger::open_ledger(file("all.db")));
  EXPECT_EQ(findings.rows, 1);
  EXPECT_EQ(findings.bad_sources + findings.unknown_statuses + findings.bad_recipes, 0);
}

TEST_F(LedgerCommand, VerifyFindsWhatIsWrong) {
  EXPECT_EQ(run({"verify", "--ledger", file("one.db")}).wait(), 0);
  const auto finds = [&](const std::string& sql, const std::string& field) {
    const std::string copy = contents_of(file("one.db"));
    damage(sql);
    const LedgerFindings findings = verify_ledger(*ledger::open_ledger(file("one.db")));
    EXPECT_FALSE(findings.whole()) << sql;
    EXPECT_GT(findings.to_json()[field].get<int64_t>(), 0) << sql << ": " << describe(findings);
    std::ofstream(file("one.db"), std::ios::binary) << copy;
    fs::remove(file("one.db-wal"));
    fs::remove(file("one.db-shm"));
  };
  damage("UPDATE source SET text = 'a cow' WHERE text = 'a dog'");
  ChildProcess child = run({"verify", "--ledger", file("one.db"), "--json"});
  EXPECT_EQ(child.wait(), 3);
  EXPECT_EQ(Json::parse(child.output())["bad_sources"], 1) << child.output();
  damage("UPDATE source SET text = 'a dog' WHERE text = 'a cow'");
  finds("UPDATE source SET text = 'a cow' WHERE text = 'a cat'", "bad_sources");
  finds("DELETE FROM source WHERE text = 'a cat'", "without_source");
  finds("DELETE FROM recipe", "without_recipe");
  finds("UPDATE recipe SET description = '{}'", "bad_recipes");
  finds("UPDATE rewrite SET status = 'perhaps' WHERE attempt = 1", "unknown_statuses");
  finds("DELETE FROM rewrite WHERE status <> 'accepted'", "gaps");
}

TEST_F(LedgerCommand, VerifyFindsBrokenPages) {
  {
    const auto ledger = ledger::open_ledger(file("one.db"));
    for (int i = 0; i < 2000; ++i) {
      const std::string caption = "caption number " + std::to_string(i);
      ledger->add(row(caption, 0, "accepted", std::string(100, 'x')), caption);
    }
    ledger->commit();
  }
  std::fstream bytes(file("one.db"), std::ios::binary | std::ios::in | std::ios::out);
  bytes.seekp(40960);
  bytes << std::string(4096, '\x55');
  bytes.close();
  ChildProcess child = run({"verify", "--ledger", file("one.db")});
  EXPECT_EQ(child.wait(), 3) << child.output() << child.errors();
  EXPECT_EQ(child.errors().find("internal error"), std::string::npos) << child.errors();
}

TEST_F(LedgerCommand, HelpShowsExamples) {
  for (const char* command : {"status", "export", "merge", "verify"}) {
    ChildProcess child = run({command, "--help"});
    EXPECT_EQ(child.wait(), 0);
    EXPECT_NE(child.output().find("clipwright ledger " + std::string(command) + " "),
              std::string::npos)
        << command;
  }
}

}  // namespace
}  // namespace clipwright::rewrite::archive
