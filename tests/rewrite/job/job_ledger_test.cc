#include "rewrite/job/job_ledger.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "core/error.h"
#include "tests/temporary_folder.h"

namespace clipwright::rewrite::job {
namespace {

namespace fs = std::filesystem;

/// A ledger whose disk is slow and then fails.
class SlowLedger final : public ledger::Ledger {
 public:
  explicit SlowLedger(std::unique_ptr<ledger::Ledger> behind) : behind_(std::move(behind)) {}
  using ledger::Ledger::add;
  using ledger::Ledger::last;
  void describe(const Sha256& r, const std::string& d) override { behind_->describe(r, d); }
  void add(const ledger::LedgerRow& row, const ledger::LedgerSource& source) override {
    behind_->add(row, source);
    ++added;
  }
  void release(const Sha256& s, const ledger::LedgerTask& t) override { behind_->release(s, t); }
  void commit() override {
    std::unique_lock lock(mutex);
    committing = true;
    changed.notify_all();
    changed.wait(lock, [&] { return !blocked; });
    if (broken) throw Error(ExitCode::kFailed, "the disk is full");
    behind_->commit();
  }
  std::vector<ledger::ClaimAnswer> claim(const ledger::LedgerTask& t, std::span<const Sha256> s,
                                         int a) override {
    return behind_->claim(t, s, a);
  }
  void renew() override { behind_->renew(); }
  void release_all() override { behind_->release_all(); }
  int64_t held_elsewhere() override { return behind_->held_elsewhere(); }
  void progress(std::span<const ledger::LedgerTask> t,
                const std::function<void(size_t, const ledger::LedgerProgress&)>& use) override {
    behind_->progress(t, use);
  }
  std::vector<std::optional<ledger::LedgerRow>> last(std::span<const Sha256> s,
                                                     const ledger::LedgerTask& t) override {
    return behind_->last(s, t);
  }
  void each_row(const std::function<void(const ledger::LedgerRow&, const ledger::LedgerSource&)>&
                    use) override {
    behind_->each_row(use);
  }
  void each_accepted(
      const std::function<void(const ledger::LedgerRow&, std::string_view)>& use) override {
    behind_->each_accepted(use);
  }
  void each_recipe(const std::function<void(const Sha256&, const std::string&)>& use) override {
    behind_->each_recipe(use);
  }
  std::vector<std::optional<ledger::LedgerRow>> find(
      std::span<const ledger::LedgerRow> k) override {
    return behind_->find(k);
  }
  void replace(const ledger::LedgerRow& row) override { behind_->replace(row); }
  std::vector<ledger::LedgerCount> counts() override { return behind_->counts(); }
  std::vector<ledger::LedgerWorker> workers() override { return behind_->workers(); }
  std::vector<std::string> damage() override { return behind_->damage(); }

  std::mutex mutex;
  std::condition_variable changed;
  bool blocked = false, broken = false, committing = false;
  int added = 0;

 private:
  std::unique_ptr<ledger::Ledger> behind_;
};

class SlowDisk : public testing::Test {
 protected:
  static ledger::LedgerRow row(int i) {
    return {.source = ledger::source_key("caption " + std::to_string(i)),
            .mode = "human",
            .recipe = sha256("recipe"),
            .status = "accepted",
            .text = "text " + std::to_string(i)};
  }
  void put(JobLedger& ledger, int i) {
    ledger.put(row(i), "caption " + std::to_string(i), 0, true);
  }
  TemporaryFolder folder_;
  std::unique_ptr<SlowLedger> slow_ =
      std::make_unique<SlowLedger>(ledger::open_ledger("sqlite:" + (folder_ / "ledger.db")));
};

TEST_F(SlowDisk, TheEngineGoesOnWhileACommitTakesItsTime) {
  JobLedger job(*slow_, {{sha256("recipe"), Json::object()}}, {{"human", sha256("recipe")}}, 3, 60);
  slow_->blocked = true;
  put(job, 0);
  {
    std::unique_lock lock(slow_->mutex);
    slow_->changed.wait(lock, [&] { return slow_->committing; });
  }
  for (int i = 1; i < 1000; ++i) put(job, i);  // returns though the first commit hangs
  EXPECT_EQ(slow_->added, 1);
  {
    const std::lock_guard lock(slow_->mutex);
    slow_->blocked = false;
    slow_->changed.notify_all();
  }
  job.finish();
  EXPECT_EQ(slow_->counts().at(0).rows, 1000);
}

TEST_F(SlowDisk, AFailedCommitEndsTheJobAtTheNextReplyAndItsRowsAreKeptElsewhere) {
  JobLedger job(*slow_, {{sha256("recipe"), Json::object()}}, {{"human", sha256("recipe")}}, 3, 60);
  slow_->broken = true;
  int i = 0;
  try {
    for (;; ++i) put(job, i);
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the disk is full.");
  }
  try {
    job.finish();
    FAIL();
  } catch (const Error& error) {
    const std::string what = error.what();
    const size_t at = what.find("clipwright-unsent-");
    ASSERT_NE(at, std::string::npos) << what;
    const fs::path file =
        fs::temp_directory_path() / what.substr(at, what.find(".db", at) + 3 - at);
    EXPECT_EQ(ledger::open_ledger(file.string())->counts().at(0).rows, i + 1);
    fs::remove(file);
  }
}

}  // namespace
}  // namespace clipwright::rewrite::job
