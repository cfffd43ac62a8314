// The promise of exactly once, with the real program and the real model: kill -9 at random moments
// loses no finished caption and makes none twice.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/json.h"
#include "core/random.h"
#include "records/kept_texts.h"
#include "rewrite/archive/ledger_merge.h"
#include "rewrite/archive/ledger_report.h"
#include "rewrite/archive/replay_texts.h"
#include "tests/rewrite/child_process.h"

namespace clipwright::rewrite::job {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// (caption, attempt) -> everything a row says of it, when and by whom included.
using Rows = std::map<std::pair<std::string, int>, std::string>;

class Kill : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fs::exists(CLIPWRIGHT_PROGRAM))
        << "build the program first: cmake --build build --target clipwright";
    folder_ = fs::temp_directory_path() / ("clipwright-kill-" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    std::ofstream captions(folder_ / "captions.txt");
    const std::vector<std::string> colours = {"red", "blue", "green", "black"};
    const std::vector<std::string> things = {"car", "bird", "house", "chair", "boat", "cup"};
    for (const std::string& colour : colours) {
      for (const std::string& thing : things) captions << "a " << colour << " " << thing << "\n";
    }
  }
  void TearDown() override { fs::remove_all(folder_); }

  pid_t start(const std::string& ledger) {
    const pid_t child = fork();
    if (child != 0) return child;
    const int quiet = ::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(quiet, STDOUT_FILENO);
    ::dup2(quiet, STDERR_FILENO);
    const std::string captions = folder_ / "captions.txt",
                      file = "sqlite:" + (folder_ / ledger).string(),
                      out = folder_ / ("out-" + ledger);
    const std::vector<const char*> arguments = {CLIPWRIGHT_PROGRAM,
                                                "rewrite",
                                                "--captions",
                                                captions.c_str(),
                                                "--modes",
                                                "human",
                                                "--triples",
                                                "2",
                                                "--max-tokens",
                                                "14",
                                                "--attempts",
                                                "2",
                                                "--ledger",
                                                file.c_str(),
                                                "--output",
                                                out.c_str(),
                                                "--model",
                                                CLIPWRIGHT_DEFAULT_LANGUAGE_MODEL,
                                                nullptr};
    ::execv(CLIPWRIGHT_PROGRAM, const_cast<char* const*>(arguments.data()));
    _exit(127);
  }
  static int wait_for(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  Rows rows(const std::string& ledger, bool with_origin) const {
    Rows all;
    sqlite3* database = nullptr;
    if (!fs::exists(folder_ / ledger) ||
        sqlite3_open_v2((folder_ / ledger).c_str(), &database, SQLITE_OPEN_READWRITE, nullptr) !=
            SQLITE_OK) {
      sqlite3_close(database);
      return all;
    }
    sqlite3_busy_timeout(database, 5000);
    sqlite3_stmt* select = nullptr;
    if (sqlite3_prepare_v2(database,
                           "SELECT s.text, attempt, status || '|' || r.text || '|' || tokens_out, "
                           "worker || '|' || at || seconds "
                           "FROM rewrite r JOIN source s USING (source_sha)",
                           -1, &select, nullptr) == SQLITE_OK) {
      const auto text = [&](int column) {
        return std::string(reinterpret_cast<const char*>(sqlite3_column_text(select, column)));
      };
      while (sqlite3_step(select) == SQLITE_ROW) {
        all[{text(0), sqlite3_column_int(select, 1)}] =
            text(2) + (with_origin ? "|" + text(3) : "");
      }
    }
    sqlite3_finalize(select);
    sqlite3_close(database);
    return all;
  }
  std::string output(const std::string& ledger) const {
    std::ifstream file(folder_ / ("out-" + ledger) / "human.txt");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string log() const {
    std::ifstream file(folder_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// Until the ledger holds more than `count` rows or the program has ended; true when it is still
  /// running.
  bool wait_for_more(pid_t child, const std::string& ledger, size_t count) {
    while (rows(ledger, false).size() <= count) {
      siginfo_t ended{};
      if (waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
          ended.si_pid == child)
        return false;
      std::this_thread::sleep_for(20ms);
    }
    return true;
  }
  fs::path folder_;
};

TEST_F(Kill, NoFinishedCaptionIsLostOrMadeTwice) {
  ASSERT_EQ(wait_for(start("whole.db")), 0) << log();
  const Rows expected = rows("whole.db", false);
  ASSERT_GE(expected.size(), 24u);

  Random random(static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()),
                "kill", 0, uint64_t{0});
  Rows before;
  int kills = 0;
  for (; kills < 3; ++kills) {
    const pid_t child = start("killed.db");
    // Once while it starts, otherwise a little after it has committed something new.
    if (kills != 1 && !wait_for_more(child, "killed.db", before.size())) {
      EXPECT_EQ(wait_for(child), 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(random.below(400)));
    ::kill(child, SIGKILL);
    wait_for(child);
    const Rows after = rows("killed.db", true);
    for (const auto& [key, row] : before) {
      ASSERT_TRUE(after.contains(key)) << key.first << " was lost by kill " << kills;
      ASSERT_EQ(after.at(key), row) << key.first << " was written twice";
    }
    if (kills != 1) {
      EXPECT_GT(after.size(), before.size());
    }
    before = after;
  }
  EXPECT_GE(kills, 2) << "the kills came too late to say anything";
  ASSERT_EQ(wait_for(start("killed.db")), 0) << log();
  for (const auto& [key, row] : before) EXPECT_EQ(rows("killed.db", true).at(key), row);
  EXPECT_EQ(rows("killed.db", false), expected);  // the same attempts, the same texts, not one more
  EXPECT_EQ(output("killed.db"), output("whole.db"));

  // Nothing is left to do, so nothing is done.
  const Rows complete = rows("killed.db", true);
  ASSERT_EQ(wait_for(start("killed.db")), 0);
  EXPECT_EQ(rows("killed.db", true), complete);
}

TEST_F(Kill, AnInterruptEndsCleanlyWithItsOwnExitCode) {
  const pid_t child = start("interrupted.db");
  ASSERT_TRUE(wait_for_more(child, "interrupted.db", 0)) << log();
  ::kill(child, SIGINT);
  EXPECT_EQ(wait_for(child), 130) << log();
  EXPECT_GT(rows("interrupted.db", false).size(), 0u);
  EXPECT_TRUE(fs::is_empty(folder_ / "out-interrupted.db"));
}

/// Many short jobs: texts that were made before come at once, so that what is tested is the ledger.
class KillReplay : public testing::Test {
 protected:
  static constexpr int kCaptions = 2000;
  static constexpr const char* kModes[] = {"human", "coco"};
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clipwright-kills-" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    std::ofstream captions(folder_ / "captions.txt");
    records::KeptTextWriter records(folder_ / "records.jsonl");
    const Sha256 recipe = sha256("recorded");
    records.add_recipe(recipe, {{"engine", "test"}});
    for (int i = 0; i < kCaptions; ++i) {
      const std::string caption = "caption number " + std::to_string(i);
      captions << caption << "\n";
      for (const char* mode : kModes) {
        // A tenth is a copy, which is rejected at every attempt.
        const std::string text =
            i % 10 == 0 ? caption : "told by " + std::string(mode) + " as " + std::to_string(i);
        records.add({.source = caption, .mode = mode, .recipe = recipe, .text = text});
      }
    }
    records.commit();
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// `prepare` runs in the child first.
  ChildProcess start(const std::string& name, const std::string& ledger,
                     const std::function<void()>& prepare = {},
                     const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"rewrite",
                                          "--captions",
                                          (folder_ / "captions.txt").string(),
                                          "--modes",
                                          "human,coco",
                                          "--engine",
                                          "replay",
                                          "--replay",
                                          (folder_ / "records.jsonl").string(),
                                          "--attempts",
                                          "2",
                                          "--ledger",
                                          "sqlite:" + (folder_ / ledger).string(),
                                          "--no-audit",
                                          "--json",
                                          "--output",
                                          (folder_ / name).string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ChildProcess(std::move(arguments), folder_ / (name + ".json"), prepare);
  }
  std::string outputs(const std::string& name) const {
    return contents_of(folder_ / name / "human.txt") + contents_of(folder_ / name / "coco.txt") +
           contents_of(folder_ / name / "rewrites.jsonl");
  }
  /// Attempts in the ledger by process number.
  std::map<pid_t, int64_t> rows_by_process(const std::string& ledger) const {
    std::map<pid_t, int64_t> rows;
    for (const ledger::LedgerWorker& worker :
         ledger::open_ledger((folder_ / ledger).string())->workers())
      rows[std::stoi(worker.name.substr(worker.name.find(':') + 1))] += worker.rows;
    return rows;
  }
  static int64_t replies(const Json& summary) {
    int64_t sum = 0;
    for (const auto& [mode, counts] : summary["modes"].items()) {
      for (const auto& [status, count] : counts["attempts"].items()) sum += count.get<int64_t>();
    }
    return sum;
  }
  // Every caption once, and a rejected one twice, in both modes.
  static constexpr int64_t kAttempts = 2 * (kCaptions + kCaptions / 10);
  fs::path folder_;
};

/// Rows that are committed, seen from beside; 0 while the file is being made.
int64_t committed_rows(const fs::path& ledger) {
  sqlite3* database = nullptr;
  sqlite3_stmt* count = nullptr;
  int64_t rows = 0;
  if (sqlite3_open_v2(ledger.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
      sqlite3_prepare_v2(database, "SELECT count(*) FROM rewrite", -1, &count, nullptr) ==
          SQLITE_OK &&
      sqlite3_step(count) == SQLITE_ROW)
    rows = sqlite3_column_int64(count, 0);
  sqlite3_finalize(count);
  sqlite3_close(database);
  return rows;
}

TEST_F(KillReplay, TwentyKillsAtRandomPoints) {
  using Clock = std::chrono::steady_clock;
  const auto wait_for_ledger = [&](const ChildProcess& child, const std::string& ledger) {
    while (child.running() && !fs::exists(folder_ / ledger)) std::this_thread::sleep_for(1ms);
  };
  ChildProcess whole = start("whole", "whole.db");
  wait_for_ledger(whole, "whole.db");
  const auto began = Clock::now();
  ASSERT_EQ(whole.wait(), 0) << whole.errors();
  const auto takes = Clock::now() - began;
  const std::string expected = outputs("whole");
  EXPECT_EQ(replies(Json::parse(whole.output())), kAttempts);
  int killed = 0, partly = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::string name = "seed" + std::to_string(seed), ledger = name + ".db";
    ChildProcess first = start(name, ledger);
    if (seed % 5 != 0) wait_for_ledger(first, ledger);  // else perhaps while it starts
    if (seed % 2 == 1) {  // in the middle of the work, however slow the machine is
      while (first.running() && committed_rows(folder_ / ledger) == 0)
        std::this_thread::sleep_for(1ms);
    } else {
      std::this_thread::sleep_for(takes * Random(seed, "kill", 0, uint64_t{0}).uniform());
    }
    first.kill();
    const bool was_killed = first.wait() == 128 + SIGKILL;
    killed += was_killed;
    ChildProcess second = start(name, ledger);
    ASSERT_EQ(second.wait(), 0) << "seed " << seed << ": " << second.errors();
    EXPECT_EQ(outputs(name), expected) << "seed " << seed;
    const auto rows = rows_by_process(ledger);
    const int64_t kept = rows.contains(first.pid()) ? rows.at(first.pid()) : 0;
    // What the second one asked for is exactly what the first had not finished.
    EXPECT_EQ(replies(Json::parse(second.output())), kAttempts - kept) << "seed " << seed;
    EXPECT_EQ(kept + (rows.contains(second.pid()) ? rows.at(second.pid()) : 0), kAttempts);
    partly += kept > 0 && kept < kAttempts;
    fs::remove_all(folder_ / name);
  }
  EXPECT_GE(killed, 10) << "the kills came too late to say anything";
  EXPECT_GE(partly, 3) << "no kill came in the middle of the work";
}

TEST_F(KillReplay, TwoJobsOnOneLedgerShareTheWork) {
  ChildProcess whole = start("whole", "whole.db");
  ASSERT_EQ(whole.wait(), 0) << whole.errors();
  ChildProcess first = start("first", "shared.db"), second = start("second", "shared.db");
  ASSERT_EQ(first.wait(), 0) << first.errors();
  ASSERT_EQ(second.wait(), 0) << second.errors();
  EXPECT_EQ(outputs("first"), outputs("whole"));
  EXPECT_EQ(outputs("second"), outputs("whole"));
  const auto rows = rows_by_process("shared.db");
  for (const ChildProcess* job : {&first, &second}) {
    const int64_t kept = rows.contains(job->pid()) ? rows.at(job->pid()) : 0;
    EXPECT_EQ(replies(Json::parse(job->output())), kept);  // nothing that the other one made too
  }
  EXPECT_TRUE(
      archive::verify_ledger(*ledger::open_ledger((folder_ / "shared.db").string())).whole());
  EXPECT_FALSE(fs::exists(folder_ / "shared.db-workers"));
}

TEST_F(KillReplay, AFullDiskIsASentenceAndLosesNothing) {
  // How large the files are when the second commit comes hangs on the disk's speed; a disk is
  // looked for that becomes full between two commits.
  int64_t kept = 0;
  std::string ledger, told;
  for (rlim_t space = 1000000; kept == 0; space += 250000) {
    ASSERT_LT(space, 20000000u) << "no job ran out of space between two commits";
    ledger = "full" + std::to_string(space) + ".db";
    ChildProcess full = start("full", ledger, [space, folder = folder_.string()] {
      ::setenv("TMPDIR", folder.c_str(), 1);
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{space, space};
      setrlimit(RLIMIT_FSIZE, &limit);
    });
    ASSERT_EQ(full.wait(), 1) << full.errors();
    told = full.errors();
    EXPECT_TRUE(fs::is_empty(folder_ / "full"));  // nothing half-written
    kept = rows_by_process(ledger)[full.pid()];
  }
  EXPECT_NE(told.find(ledger + ": "), std::string::npos) << told;
  EXPECT_EQ(told.find("internal error"), std::string::npos) << told;
  EXPECT_LT(kept, kAttempts);
  // Replies that came after the last commit are in a ledger of their own, wherever there was room.
  int64_t rescued = 0;
  if (const size_t at = told.find("clipwright-unsent-"); at != std::string::npos) {
    const fs::path file = folder_ / told.substr(at, told.find(".db", at) + 3 - at);
    rescued = archive::merge_ledger(*ledger::open_ledger((folder_ / ledger).string()),
                                    *ledger::open_ledger(file.string()))
                  .added;
    EXPECT_GT(rescued, 0);
  }
  ChildProcess whole = start("whole", "whole.db"), again = start("again", ledger);
  ASSERT_EQ(again.wait(), 0) << again.errors();
  ASSERT_EQ(whole.wait(), 0) << whole.errors();
  EXPECT_EQ(outputs("again"), outputs("whole"));
  EXPECT_EQ(replies(Json::parse(again.output())), kAttempts - kept - rescued);
}

TEST_F(KillReplay, ABudgetEndsTheJobCleanly) {
  ChildProcess short_one = start("out", "budget.db", {}, {"--budget-time", "0.03"});
  ASSERT_EQ(short_one.wait(), 0) << short_one.errors();
  const Json summary = Json::parse(short_one.output());
  EXPECT_TRUE(summary["budget_spent"].get<bool>());
  int64_t left = 0;
  for (const auto& [mode, counts] : summary["modes"].items()) left += counts["left"].get<int64_t>();
  EXPECT_GT(left, 0);
  // What there is is written; what is missing is told.
  EXPECT_NE(outputs("out").find("\"status\":\"missing\""), std::string::npos);
  ChildProcess rest = start("out", "budget.db"), whole = start("whole", "whole.db");
  ASSERT_EQ(rest.wait(), 0);
  ASSERT_EQ(whole.wait(), 0);
  EXPECT_EQ(outputs("out"), outputs("whole"));
  EXPECT_EQ(replies(Json::parse(rest.output())) + replies(summary), kAttempts);
}

}  // namespace
}  // namespace clipwright::rewrite::job
