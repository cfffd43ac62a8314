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

#include "core/random.h"

namespace clipwright {
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
    const std::vector<std::string> colours = {"red", "blue", "green", "black", "white", "yellow"};
    const std::vector<std::string> things = {"car", "bird", "house", "chair", "boat",
                                             "cup", "hat",  "bag",   "door",  "ball"};
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
  ASSERT_GE(expected.size(), 60u);

  Random random(static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()),
                "kill", 0, uint64_t{0});
  Rows before;
  int kills = 0;
  for (; kills < 4; ++kills) {
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
  EXPECT_GE(kills, 3) << "the kills came too late to say anything";
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

}  // namespace
}  // namespace clipwright
