// What a server was paid for is in the ledger, whatever ends the job: the real program, a server on
// loopback that counts what it answered, and kills.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <set>

#include "core/random.h"
#include "rewrite/archive/ledger_merge.h"
#include "rewrite/ledger/ledger.h"
#include "tests/rewrite/child_process.h"
#include "tests/rewrite/fake_server.h"
#include "tests/temporary_folder.h"

namespace clipwright::rewrite::job {
namespace {

using namespace std::chrono_literals;

class PaidReplies : public testing::Test {
 protected:
  static constexpr int kCaptions = 400, kConcurrency = 8;

  /// An answer to everything; each is counted before it is sent.
  FakeReply answer(const FakeServer::Asked& asked) {
    if (asked.path == "/v1/models") return models_reply();
    const std::string prompt = Json::parse(asked.body).value("prompt", std::string());
    const size_t number = prompt.rfind("number ");
    if (number == std::string::npos) return completion_reply(" a probe");
    std::this_thread::sleep_for(latency_);  // in which requests are in flight
    ++paid_;
    return completion_reply(" somebody took this one and called it " +
                            prompt.substr(number, prompt.find('\n', number) - number));
  }
  ChildProcess start(const std::string& ledger, const std::function<void()>& prepare = {},
                     const std::string& name = "job") const {
    return ChildProcess(
        {"rewrite", "--captions", captions_, "--modes", "human", "--engine", "openai", "--base-url",
         server_.url(), "--concurrency", std::to_string(kConcurrency), "--ledger",
         "sqlite:" + (folder_ / ledger), "--output", folder_ / ("out-" + ledger)},
        folder_ / (name + ".log"), prepare);
  }
  int64_t rows(const std::string& ledger) const {
    if (!std::filesystem::exists(folder_ / ledger)) return 0;
    int64_t rows = 0;
    for (const ledger::LedgerCount& count :
         ledger::open_ledger("sqlite:" + (folder_ / ledger))->counts())
      rows += count.rows;
    return rows;
  }
  int64_t rows_of(const std::string& ledger, const ChildProcess& job) const {
    const std::string part = ":" + std::to_string(job.pid()) + ":";
    for (const ledger::LedgerWorker& worker :
         ledger::open_ledger("sqlite:" + (folder_ / ledger))->workers()) {
      if (worker.name.find(part) != std::string::npos) return worker.rows;
    }
    return 0;
  }
  /// Until the server has answered so often, or the program has ended.
  void wait_for_paid(const ChildProcess& job, int64_t count) const {
    while (job.running() && paid_ < count) std::this_thread::sleep_for(1ms);
  }

  static std::string numbered() {
    std::string lines;
    for (int i = 0; i < kCaptions; ++i) lines += "picture number " + std::to_string(i) + "\n";
    return lines;
  }
  TemporaryFolder folder_;
  std::string captions_ = folder_.write("captions.txt", numbered());
  std::chrono::milliseconds latency_ = 2ms;
  std::atomic<int64_t> paid_ = 0;
  FakeServer server_{[this](const FakeServer::Asked& asked) { return answer(asked); }};
};

TEST_F(PaidReplies, AKillCostsAtMostWhatWasInFlight) {
  int killed = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::string ledger = "seed" + std::to_string(seed) + ".db";
    paid_ = 0;
    ChildProcess job = start(ledger);
    wait_for_paid(job, 1 + static_cast<int64_t>(Random(seed, "kill", 0, uint64_t{0}).below(300)));
    job.kill();
    killed += job.wait() == 128 + SIGKILL;
    const int64_t paid = paid_, kept = rows(ledger);
    EXPECT_LE(paid - kept, kConcurrency) << "seed " << seed << ": " << kept << " kept";
    EXPECT_GT(kept, 0) << "seed " << seed;
    if (seed % 5 != 0) continue;  // the end is the same for all
    ChildProcess again = start(ledger);
    ASSERT_EQ(again.wait(), 0) << again.errors();
    EXPECT_EQ(rows(ledger), kCaptions);
    EXPECT_EQ(paid_, kCaptions + paid - kept);  // nothing that was kept is asked for again
  }
  EXPECT_GE(killed, 15) << "the kills came too late to say anything";
}

TEST_F(PaidReplies, TwoJobsOnOneLedgerShareTheWork) {
  latency_ = 10ms;
  ChildProcess first = start("l.db", {}, "first"), second = start("l.db", {}, "second");
  ASSERT_EQ(first.wait(), 0) << first.errors();
  ASSERT_EQ(second.wait(), 0) << second.errors();
  EXPECT_EQ(paid_, kCaptions);
  EXPECT_GT(rows_of("l.db", first), 0);
  EXPECT_GT(rows_of("l.db", second), 0);
  EXPECT_EQ(rows_of("l.db", first) + rows_of("l.db", second), kCaptions);
}

TEST_F(PaidReplies, ALivingJobTakesOverWhatAKilledOneHeld) {
  latency_ = 40ms;
  ChildProcess first = start("l.db", {}, "first");
  wait_for_paid(first, 50);
  ChildProcess second = start("l.db", {}, "second");
  while (first.running() && second.running() && rows_of("l.db", second) == 0)
    std::this_thread::sleep_for(1ms);
  first.kill();
  EXPECT_EQ(first.wait(), 128 + SIGKILL) << "the kill came too late to say anything";
  ASSERT_EQ(second.wait(), 0) << second.errors();
  EXPECT_EQ(rows("l.db"), kCaptions);
  EXPECT_LE(paid_, kCaptions + kConcurrency);
}

TEST_F(PaidReplies, CtrlCTakesWhatIsInFlight) {
  ChildProcess job = start("l.db");
  wait_for_paid(job, 100);
  job.kill(SIGINT);
  EXPECT_EQ(job.wait(), 130) << job.errors();
  EXPECT_LT(paid_, kCaptions);
  EXPECT_EQ(rows("l.db"), paid_);
  ChildProcess again = start("l.db");
  ASSERT_EQ(again.wait(), 0) << again.errors();
  EXPECT_EQ(paid_, kCaptions);
}

TEST_F(PaidReplies, AFullDiskLosesNone) {
  int64_t kept = 0, rescued = 0;
  std::string ledger;
  // A size is looked for at which the disk is full in the middle of the work.
  for (rlim_t space = 60'000; kept == 0 || rescued == 0; space += 20'000) {
    ASSERT_LT(space, 2'000'000u) << "no job ran out of space in the middle of its work";
    ledger = "full" + std::to_string(space) + ".db";
    paid_ = 0;
    ChildProcess job = start(ledger, [space, folder = folder_.path().string()] {
      ::setenv("TMPDIR", folder.c_str(), 1);
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{space, space};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    });
    const int code = job.wait();
    if (code == 0) continue;
    ASSERT_EQ(code, 1) << job.errors();
    kept = rows(ledger);
    rescued = 0;
    const std::string told = job.errors();
    const size_t at = told.find("clipwright-unsent-");
    if (at == std::string::npos) continue;
    const std::string file = folder_ / told.substr(at, told.find(".db", at) + 3 - at);
    rescued = archive::merge_ledger(*ledger::open_ledger("sqlite:" + (folder_ / ledger)),
                                    *ledger::open_ledger("sqlite:" + file))
                  .added;
  }
  EXPECT_EQ(kept + rescued, paid_);
  ChildProcess again = start(ledger);
  ASSERT_EQ(again.wait(), 0) << again.errors();
  EXPECT_EQ(paid_, kCaptions);
}

}  // namespace
}  // namespace clipwright::rewrite::job
