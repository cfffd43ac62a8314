#include "rewrite/job/job_ledger.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "core/log.h"

namespace clipwright::rewrite::job {
namespace {

constexpr size_t kMostEntries = 1 << 16;  // rows in memory while a disk or a server is slow
constexpr size_t kMostClaims = 4096;      // captions asked for at once

}  // namespace

JobLedger::JobLedger(ledger::Ledger& ledger, std::vector<ledger::RewriteRecipe> recipes,
                     std::vector<ledger::LedgerTask> tasks, int attempts, double lease)
    : ledger_(ledger),
      recipes_(std::move(recipes)),
      tasks_(std::move(tasks)),
      attempts_(attempts),
      renewal_(
          std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(lease / 3))) {
  for (const ledger::RewriteRecipe& recipe : recipes_)
    ledger_.describe(recipe.sha, to_line(recipe.description));
  thread_ = std::thread([this] { run(); });
}

JobLedger::~JobLedger() {
  try {
    finish();
  } catch (...) {  // the error that is on its way tells more
  }
}

void JobLedger::want(const std::vector<WantedCaption>& wanted) {
  if (wanted.empty()) return;
  const std::lock_guard lock(mutex_);
  wanted_.insert(wanted_.end(), wanted.begin(), wanted.end());
  work_.notify_one();
}

std::optional<AnsweredCaption> JobLedger::take() {
  const std::lock_guard lock(mutex_);
  throw_error();
  if (answers_.empty()) return std::nullopt;
  AnsweredCaption answer = answers_.front();
  answers_.pop_front();
  return answer;
}

size_t JobLedger::outstanding() const {
  const std::lock_guard lock(mutex_);
  return wanted_.size() + claiming_ + answers_.size();
}

void JobLedger::wait(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  answered_.wait_for(lock, most, [&] { return !answers_.empty() || error_ != nullptr; });
}

void JobLedger::put(ledger::LedgerRow row, std::string source_text, int64_t occurrence, bool done) {
  Entry entry{.row = std::move(row),
              .source_text = std::move(source_text),
              .occurrence = occurrence,
              .done = done};
  entry.source = entry.row->source;
  entry.mode = mode_of(*entry.row);
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return entries_.size() < kMostEntries || error_ != nullptr; });
  ++uncommitted_;
  // After an error too: what was paid for goes into the file that keeps the
  // rest.
  entries_.push_back(std::move(entry));
  throw_error();
  work_.notify_one();
}

size_t JobLedger::uncommitted() const {
  if (uncommitted_ == 0) return 0;
  const std::lock_guard lock(mutex_);
  throw_error();
  return uncommitted_;
}

void JobLedger::release(size_t mode, const Sha256& source) {
  const std::lock_guard lock(mutex_);
  entries_.push_back({.source = source, .mode = mode, .done = true});
  work_.notify_one();
}

size_t JobLedger::mode_of(const ledger::LedgerRow& row) const {
  const auto at = std::find_if(tasks_.begin(), tasks_.end(), [&](const ledger::LedgerTask& task) {
    return task.mode == row.mode && task.recipe == row.recipe;
  });
  CW_CHECK(at != tasks_.end(), "a row of a mode that the job does not have");
  return static_cast<size_t>(at - tasks_.begin());
}

void JobLedger::throw_error() const {
  if (error_) std::rethrow_exception(error_);
}

void JobLedger::commit(std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    if (entry.row) ledger_.add(*entry.row, {entry.source_text, entry.occurrence});
    if (entry.done) ledger_.release(entry.source, tasks_[entry.mode]);
  }
  ledger_.commit();
  uncommitted_ -= static_cast<size_t>(std::count_if(
      entries.begin(), entries.end(), [](const Entry& entry) { return entry.row.has_value(); }));
  entries.clear();
}

void JobLedger::claim(const std::vector<WantedCaption>& wanted) {
  for (size_t from = 0, to; from < wanted.size(); from = to) {
    std::vector<Sha256> sources;
    for (to = from; to < wanted.size() && wanted[to].mode == wanted[from].mode; ++to)
      sources.push_back(wanted[to].source);
    const std::vector<ledger::ClaimAnswer> found =
        ledger_.claim(tasks_[wanted[from].mode], sources, attempts_);
    const std::lock_guard lock(mutex_);
    for (size_t i = from; i < to; ++i) answers_.push_back({wanted[i], found[i - from]});
    claiming_ -= to - from;
    answered_.notify_all();
  }
}

void JobLedger::run() {
  auto renewed = Clock::now();
  std::unique_lock lock(mutex_);
  try {
    for (;;) {
      work_.wait_until(lock, renewed + renewal_,
                       [&] { return stop_ || !wanted_.empty() || !entries_.empty(); });
      if (!entries_.empty()) {
        committing_ = std::exchange(entries_, {});
        room_.notify_all();
        lock.unlock();
        commit(committing_);
        lock.lock();
      }
      if (!wanted_.empty() && !stop_) {
        std::vector<WantedCaption> wanted(
            wanted_.begin(),
            wanted_.begin() + static_cast<long>(std::min(wanted_.size(), kMostClaims)));
        wanted_.erase(wanted_.begin(), wanted_.begin() + static_cast<long>(wanted.size()));
        claiming_ = wanted.size();
        lock.unlock();
        claim(wanted);
        lock.lock();
      }
      const auto now = Clock::now();
      if (now >= renewed + renewal_) {
        renewed = now;
        lock.unlock();
        ledger_.renew();
        lock.lock();
      }
      if (stop_ && entries_.empty()) break;
    }
    lock.unlock();
    ledger_.release_all();
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    error_ = std::current_exception();
    answered_.notify_all();
    room_.notify_all();
  }
}

void JobLedger::finish() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    work_.notify_one();
  }
  thread_.join();
  if (!error_) return;
  const std::string rescued = rescue();
  try {
    throw_error();
  } catch (const Error& error) {
    throw Error(error.code(), error.what() + rescued);
  }
}

/// Rows that the ledger did not take go into a file, as a ledger of their own.
std::string JobLedger::rescue() {
  int64_t count = 0;
  for (const auto* entries : {&committing_, &entries_}) {
    count += std::count_if(entries->begin(), entries->end(),
                           [](const Entry& entry) { return entry.row.has_value(); });
  }
  if (count == 0) return {};
  std::string name = ledger::worker_name();
  std::replace(name.begin(), name.end(), ':', '-');
  std::error_code ignored;
  const std::filesystem::path file =
      std::filesystem::temp_directory_path(ignored) / ("clipwright-unsent-" + name + ".db");
  try {
    const std::unique_ptr<ledger::Ledger> apart = ledger::open_ledger("sqlite:" + file.string());
    for (const ledger::RewriteRecipe& recipe : recipes_)
      apart->describe(recipe.sha, to_line(recipe.description));
    for (const auto* entries : {&committing_, &entries_}) {
      for (const Entry& entry : *entries) {
        if (entry.row) apart->add(*entry.row, {entry.source_text, entry.occurrence});
      }
    }
    apart->commit();
  } catch (const Error&) {
    for (const char* part : {"", "-wal", "-shm", "-workers"})
      std::filesystem::remove(file.string() + part, ignored);
    return " " + with_commas(count) + " replies that came last could not be kept.";
  }
  return " " + with_commas(count) + " replies that came last are in " + file.string() +
         ": add them with 'clipwright ledger merge'.";
}

}  // namespace clipwright::rewrite::job
