// Nothing hangs on the wall clock: it may be wrong, differ between workers, and jump.
#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "core/json.h"
#include "rewrite/archive/ledger_report.h"
#include "rewrite/ledger/ledger.h"
#include "tests/clock/jumping_clock.h"
#include "tests/rewrite/child_process.h"
#include "tests/rewrite/fake_server.h"
#include "tests/temporary_folder.h"

namespace clipwright::rewrite::openai {
namespace {

using namespace std::chrono_literals;

class WallClock : public testing::Test {
 protected:
  static std::string numbered(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i)
      lines += "a small dog and picture number " + std::to_string(i) + "\n";
    return lines;
  }
  ChildProcess start(const std::string& name, const JumpingClock& clock,
                     const std::vector<std::string>& engine, const std::string& ledger) const {
    std::vector<std::string> arguments = {"rewrite", "--captions", captions_,     "--ledger",
                                          ledger,    "--output",   folder_ / name};
    arguments.insert(arguments.end(), engine.begin(), engine.end());
    return ChildProcess(arguments, folder_ / (name + ".log"), [&] { clock.wear(); });
  }
  /// Years in which rows say they were written.
  std::set<std::string> years() const {
    std::set<std::string> years;
    ledger::open_ledger(ledger_)->each_row(
        [&](const ledger::LedgerRow& row, const ledger::LedgerSource&) {
          years.insert(row.at.substr(0, 4));
        });
    return years;
  }
  /// In which `alone` was run.
  std::string first_year() const {
    std::string year;
    ledger::open_ledger(folder_ / "alone.db")
        ->each_row([&](const ledger::LedgerRow& row, const ledger::LedgerSource&) {
          year = row.at.substr(0, 4);
        });
    return year;
  }
  TemporaryFolder folder_;
  std::string captions_ = folder_.write("captions.txt", numbered(4000)),
              ledger_ = "sqlite:" + (folder_ / "l.db");
};

TEST_F(WallClock, TwoJobsYearsApartShareALedgerWhileTheirClocksJump) {
  JumpingClock steady(folder_ / "clock0"), before(folder_ / "clock1"), after(folder_ / "clock2");
  ChildProcess alone(start("alone", steady, {"--engine", "eda"}, folder_ / "alone.db"));
  ASSERT_EQ(alone.wait(), 0) << alone.errors();
  before.keep_jumping();
  after.set(25 * JumpingClock::kYear);
  ChildProcess first(start("first", before, {"--engine", "eda"}, ledger_)),
      second(start("second", after, {"--engine", "eda"}, ledger_));
  ASSERT_EQ(first.wait(), 0) << first.errors();
  ASSERT_EQ(second.wait(), 0) << second.errors();
  const std::string texts = contents_of(folder_ / "alone/eda.txt");
  EXPECT_GT(texts.size(), 4000u * 10);
  EXPECT_EQ(contents_of(folder_ / "first/eda.txt"), texts);
  EXPECT_EQ(contents_of(folder_ / "second/eda.txt"), texts);
  const archive::LedgerFindings findings = archive::verify_ledger(*ledger::open_ledger(ledger_));
  EXPECT_TRUE(findings.whole());
  EXPECT_EQ(findings.after_acceptance, 0);
  std::set<std::string> wrong = years();
  wrong.erase(first_year());
  EXPECT_FALSE(wrong.empty()) << "the clocks were never wrong";
}

TEST_F(WallClock, WaitingForAServerDoesNotHangOnIt) {
  std::atomic<int> calls = 0, good = 0;
  FakeServer server([&](const FakeServer::Asked& asked) {
    if (asked.path == "/v1/models") return models_reply();
    const Json body = Json::parse(asked.body);
    const std::string prompt = body.value("prompt", std::string());
    const size_t number = prompt.rfind("number ");
    if (number == std::string::npos) return completion_reply(" a probe");  // asked before any work
    switch (++calls % 7) {
      case 2:
        return FakeReply{.status = 429, .body = "{}", .headers = {{"Retry-After", "0"}}};
      case 4:  // in the server's own time
        return FakeReply{.status = 503,
                         .body = "{}",
                         .headers = {{"Date", "Wed, 21 Oct 2015 07:28:00 GMT"},
                                     {"Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"}}};
      case 6:
        return FakeReply{.body = "{\"choi", .stated_length = 500, .reset = true};
      default:
        ++good;
        return completion_reply(" somebody took this one and called it " +
                                prompt.substr(number, prompt.find('\n', number) - number));
    }
  });
  JumpingClock clock(folder_ / "clock");
  clock.keep_jumping();
  const auto began = std::chrono::steady_clock::now();
  ChildProcess job(
      start("out", clock,
            {"--engine", "openai", "--base-url", server.url(), "--modes", "human", "--limit", "80"},
            ledger_));
  ASSERT_EQ(job.wait(), 0) << job.errors();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 60s);
  EXPECT_EQ(good, 80);  // none is paid for twice
  const std::string texts = contents_of(folder_ / "out/human.txt");
  EXPECT_EQ(std::count(texts.begin(), texts.end(), '\n'), 80);
  EXPECT_EQ(texts.find("\n\n"), std::string::npos);
  EXPECT_NE(*years().begin(), *years().rbegin()) << "the clock was never wrong";
}

}  // namespace
}  // namespace clipwright::rewrite::openai
