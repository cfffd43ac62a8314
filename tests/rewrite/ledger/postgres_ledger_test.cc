#include "rewrite/ledger/postgres_ledger.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "core/error.h"
#include "core/json.h"
#include "core/random.h"
#include "records/kept_texts.h"
#include "rewrite/archive/ledger_merge.h"
#include "rewrite/archive/ledger_report.h"
#include "rewrite/archive/replay_texts.h"
#include "tests/clock/jumping_clock.h"
#include "tests/rewrite/child_process.h"
#include "tests/rewrite/postgres_server.h"

namespace clipwright::rewrite::ledger {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Postgres : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!postgres_programs().empty()) server_ = std::make_unique<PostgresServer>();
  }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    if (server_ == nullptr)
      GTEST_SKIP() << "no PostgreSQL server is installed (Debian: apt install postgresql)";
    static int number = 0;
    database_ = "ledger" + std::to_string(number++);
    server_->make_database(database_);
    folder_ = fs::temp_directory_path() / ("clipwright-" + database_ + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string url() const { return server_->url(database_); }
  std::unique_ptr<Ledger> open(double lease = 60, double patience = 30) const {
    return open_ledger(url(), {.lease = lease, .patience = patience});
  }
  static LedgerRow row(const std::string& source, int attempt = 0,
                       const std::string& status = "accepted", const std::string& text = "a text") {
    return {.source = source_key(source),
            .mode = "human",
            .recipe = sha256("recipe"),
            .attempt = attempt,
            .status = status,
            .text = text,
            .tokens_in = 100,
            .tokens_out = 9,
            .seconds = 0.5};
  }
  static std::vector<ClaimAnswer> claim(Ledger& ledger, const std::vector<std::string>& texts,
                                        int attempts = 3) {
    std::vector<Sha256> sources;
    for (const std::string& text : texts) sources.push_back(source_key(text));
    return ledger.claim(task_, sources, attempts);
  }
  int64_t rows() const { return std::stoll("0" + ask("SELECT COUNT(*) FROM rewrite")); }
  std::string ask(const std::string& sql) const { return server_->ask(sql, database_); }

  static std::unique_ptr<PostgresServer> server_;
  static const LedgerTask task_;
  std::string database_;
  fs::path folder_;
};
std::unique_ptr<PostgresServer> Postgres::server_;
const LedgerTask Postgres::task_ = {"human", sha256("recipe")};

TEST_F(Postgres, KeepsRowsAsSqliteDoes) {
  const std::string awkward = "a \"quoted\" \\ caption, {braces}, NULL \xe2\x98\x83 and a tab\t.";
  const std::string with_zero = std::string("zero\0byte", 9);
  {
    const auto ledger = open();
    ledger->describe(sha256("recipe"), "{\"engine\":\"test\"}");
    ledger->add(row(awkward, 0, "rejected:empty", ""), awkward);
    ledger->add(row(awkward, 1, "accepted", awkward), awkward);
    ledger->add(row(with_zero, 0, "rejected:not-utf8", "broken \xff text"), with_zero);
    ledger->commit();
    ledger->add(row("a dog"), "a dog");  // never committed
  }
  const auto ledger = open();
  const auto last = ledger->last(source_key(awkward), "human", sha256("recipe"));
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->text, awkward);
  EXPECT_EQ(last->attempt, 1);
  EXPECT_EQ(last->tokens_out, 9);
  EXPECT_DOUBLE_EQ(last->seconds, 0.5);
  EXPECT_FALSE(ledger->last(source_key("a dog"), "human", sha256("recipe")).has_value());
  std::map<std::string, std::string> sources;
  ledger->each_row([&](const LedgerRow& found, const LedgerSource& source) {
    sources[std::string(source.text)] = found.text;
    EXPECT_EQ(source_key(source.text), found.source);
    EXPECT_EQ(found.at.size(), 20u);
  });
  EXPECT_EQ(sources.at(awkward), awkward);
  EXPECT_EQ(sources.at(with_zero), "broken \xef\xbf\xbd text");
  ledger->add(row(awkward, 1, "accepted", "another"), awkward);  // a finished row never changes
  ledger->commit();
  EXPECT_EQ(ledger->last(source_key(awkward), "human", sha256("recipe"))->text, awkward);
}

TEST_F(Postgres, AClaimIsOneWorkersUntilItsLeaseEndsByTheDatabasesClock) {
  const auto first = open(1.0), second = open(1.0);
  first->add(row("done"), "done");
  first->add(row("tried", 0, "rejected:empty", ""), "tried");
  first->commit();
  auto answers = claim(*first, {"free", "done", "tried"});
  EXPECT_EQ(answers[0].state, ClaimAnswer::kOurs);
  EXPECT_EQ(answers[1].state, ClaimAnswer::kDone);
  EXPECT_EQ(answers[2].state, ClaimAnswer::kOurs);
  EXPECT_EQ(answers[2].attempts, 1);
  EXPECT_EQ(claim(*second, {"free"})[0].state, ClaimAnswer::kHeld);
  EXPECT_EQ(second->held_elsewhere(), 2);
  first->renew();
  // The lease is the database's: seen from there it ends, whatever a worker's clock says.
  const auto began = std::chrono::steady_clock::now();
  while (claim(*second, {"free"})[0].state != ClaimAnswer::kOurs) {
    ASSERT_LT(std::chrono::steady_clock::now() - began, 20s);
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_GE(std::chrono::steady_clock::now() - began, 500ms);
  // The first worker was only slow: its text arrives, and the row that was first counts.
  first->add(row("free", 0, "accepted", "of the first"), "free");
  first->release(source_key("free"), task_);
  first->commit();
  EXPECT_EQ(second->held_elsewhere(), 0);  // "tried" fell back too
  second->add(row("free", 0, "accepted", "of the second"), "free");
  second->release(source_key("free"), task_);
  second->commit();
  EXPECT_EQ(second->last(source_key("free"), "human", sha256("recipe"))->text, "of the first");
  EXPECT_EQ(claim(*first, {"free"})[0].state, ClaimAnswer::kDone);
}

TEST_F(Postgres, RowsWaitInMemoryWhileTheServerIsAway) {
  const auto ledger = open();
  ledger->add(row("before"), "before");
  ledger->commit();
  server_->stop();
  ledger->add(row("during"), "during");
  std::thread later([&] {
    std::this_thread::sleep_for(300ms);  // an outage, not a synchronisation
    server_->start();
  });
  ledger->commit();  // returns when the row is safe
  later.join();
  EXPECT_EQ(rows(), 2);
}

TEST_F(Postgres, AnImpatientWorkerGivesUpWithASentence) {
  const auto ledger = open(60, 0.5);
  server_->stop();
  ledger->add(row("during"), "during");
  try {
    ledger->commit();
    ADD_FAILURE() << "committed to a server that is not there";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kFailed);
    EXPECT_NE(std::string(error.what()).find("did not answer"), std::string::npos) << error.what();
  }
  server_->start();
  ledger->commit();  // the row was kept
  EXPECT_EQ(rows(), 1);
}

TEST_F(Postgres, WrongAddressesAndForeignTablesAreRefused) {
  EXPECT_THROW(open_ledger("postgresql://worker@/no_such_database?host=" + folder_.string()),
               Error);
  EXPECT_EQ(open_ledger_if_any(url()), nullptr);
  EXPECT_THROW(open_ledger(url(), {.create = false}), Error);
  ask("CREATE TABLE rewrite (other INT)");
  try {
    open();
    ADD_FAILURE() << "a foreign table was taken for a ledger";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
  }
  EXPECT_EQ(ledger_name("postgresql://me:secret@host/db?x=y"), "postgresql://me@host/db");
}

TEST_F(Postgres, LedgersOfBothKindsMerge) {
  const auto server = open();
  const auto file = open_ledger("sqlite:" + (folder_ / "file.db").string());
  server->describe(sha256("{}"), "{}");
  LedgerRow same = row("a cat"), older = row("a dog", 0, "accepted", "older"),
            newer = row("a dog", 0, "accepted", "newer");
  older.at = "2024-01-01T00:00:00Z", newer.at = "2025-01-01T00:00:00Z";
  server->add(same, "a cat");
  server->add(newer, "a dog");
  server->add(row("only on the server"), "only on the server");
  server->commit();
  file->add(same, "a cat");
  file->add(older, "a dog");
  file->add(row("only in the file"), "only in the file");
  file->commit();
  const archive::LedgerMerge merge = archive::merge_ledger(*server, *file);
  EXPECT_EQ(merge.added, 1);
  EXPECT_EQ(merge.equal, 1);
  EXPECT_EQ(merge.conflicts, 1);
  EXPECT_EQ(merge.replaced, 1);
  EXPECT_EQ(server->last(source_key("a dog"), "human", sha256("recipe"))->text, "older");
  const archive::LedgerMerge back = archive::merge_ledger(*file, *server);
  EXPECT_EQ(back.added, 1);
  EXPECT_EQ(back.conflicts, 0);
  EXPECT_EQ(archive::ReplayTexts::read(url()).digest(),
            archive::ReplayTexts::read("sqlite:" + (folder_ / "file.db").string()).digest());
}

/// Four processes, two of them killed, the database stopped and started: every caption once.
class PostgresWorkers : public Postgres {
 protected:
  static constexpr int kCaptions = 20000;
  void SetUp() override {
    Postgres::SetUp();
    if (IsSkipped()) return;
    std::ofstream captions(folder_ / "captions.txt");
    records::KeptTextWriter records(folder_ / "records.jsonl");
    const Sha256 recipe = sha256("recorded");
    records.add_recipe(recipe, {{"engine", "test"}});
    for (int i = 0; i < kCaptions; ++i) {
      const std::string caption = "caption number " + std::to_string(i);
      captions << caption << "\n";
      records.add({.source = caption,
                   .mode = "human",
                   .recipe = recipe,
                   .text = "another way to tell number " + std::to_string(i)});
    }
    records.commit();
    // The workers' clocks are decades apart, and two of them jump all the time.
    for (int i = 0; i < 4; ++i) clocks_.emplace_back(folder_ / ("clock" + std::to_string(i)));
    clocks_[0].set(-20 * JumpingClock::kYear);
    clocks_[1].keep_jumping();
    clocks_[2].set(20 * JumpingClock::kYear);
    clocks_[3].keep_jumping();
  }
  ChildProcess worker(int number) const {
    const std::string name = "worker" + std::to_string(number);
    return ChildProcess(
        {"rewrite", "--captions", (folder_ / "captions.txt").string(), "--modes", "human",
         "--engine", "replay", "--replay", (folder_ / "records.jsonl").string(), "--ledger", url(),
         "--lease", "4", "--patience", "60", "--json", "--output", (folder_ / name).string()},
        folder_ / (name + ".json"), [&] { clocks_[static_cast<size_t>(number)].wear(); });
  }
  std::deque<JumpingClock> clocks_;
  /// Until the ledger holds so many rows.
  void wait_for_rows(int64_t count) const {
    const auto began = std::chrono::steady_clock::now();
    while (rows() < count) {
      ASSERT_LT(std::chrono::steady_clock::now() - began, 60s) << rows();
      std::this_thread::sleep_for(5ms);
    }
  }
};

TEST_F(PostgresWorkers, EveryCaptionIsPaidForOnceWhoeverDies) {
  std::vector<ChildProcess> workers;
  {
    // All four stand at the lock under which tables are made, and begin together.
    PostgresConnection gate(url(), 10);
    gate.query("BEGIN");
    gate.query("SELECT pg_advisory_xact_lock(7021995140611)");
    for (int i = 0; i < 4; ++i) workers.push_back(worker(i));
    while (gate.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").size() <
           4) {
      for (const ChildProcess& each : workers) ASSERT_TRUE(each.running()) << each.errors();
      std::this_thread::sleep_for(10ms);
    }
    gate.query("COMMIT");
  }
  Random random(static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()),
                "kill", 0, uint64_t{0});
  wait_for_rows(static_cast<int64_t>(random.below(2000)) + 1);
  workers[0].kill();
  wait_for_rows(static_cast<int64_t>(random.below(2000)) + 3000);
  workers[1].kill();
  server_->stop();
  server_->start();
  EXPECT_EQ(workers[0].wait(), 128 + SIGKILL) << "the kill came too late to say anything";
  EXPECT_EQ(workers[1].wait(), 128 + SIGKILL) << "the kill came too late to say anything";
  std::string output;
  for (int i : {2, 3}) {
    ASSERT_EQ(workers[static_cast<size_t>(i)].wait(), 0)
        << workers[static_cast<size_t>(i)].errors();
    const Json summary = Json::parse(workers[static_cast<size_t>(i)].output());
    const Json& counts = summary["modes"]["human"];
    EXPECT_EQ(counts["left"], 0);
    // Every text that a survivor made is its own in the ledger: nobody else had made it.
    const pid_t pid = workers[static_cast<size_t>(i)].pid();
    EXPECT_EQ(
        std::to_string(counts["accepted"].get<int64_t>()),
        ask("SELECT COUNT(*) FROM rewrite WHERE worker LIKE '%:" + std::to_string(pid) + ":%'"));
    const std::string text = contents_of(folder_ / ("worker" + std::to_string(i)) / "human.txt");
    EXPECT_TRUE(output.empty() || output == text);
    output = text;
  }
  EXPECT_EQ(rows(), kCaptions);
  EXPECT_EQ(ask("SELECT COUNT(DISTINCT source_sha) FROM rewrite"), std::to_string(kCaptions));
  EXPECT_EQ(ask("SELECT COUNT(*) FROM claim"), "0");
  std::string expected;
  for (int i = 0; i < kCaptions; ++i)
    expected += "another way to tell number " + std::to_string(i) + "\n";
  EXPECT_EQ(output, expected);
  EXPECT_TRUE(archive::verify_ledger(*open()).whole());
}

}  // namespace
}  // namespace clipwright::rewrite::ledger
