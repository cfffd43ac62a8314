// The ledger of a running job, on a thread of its own: it asks for captions
// ahead, commits, and shows signs of life, so that neither a slow disk nor a
// distant server stalls the engine.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::job {

/// A caption that a job wants to work on.
struct WantedCaption {
  size_t mode = 0;       ///< of the job
  uint32_t caption = 0;  ///< index in the source
  Sha256 source{};
};

struct AnsweredCaption {
  WantedCaption wanted;
  ledger::ClaimAnswer answer;
};

class JobLedger {
 public:
  /// `tasks`, one a mode; `lease` as in LedgerOptions. The ledger is this
  /// object's alone until `finish`.
  JobLedger(ledger::Ledger& ledger, std::vector<ledger::RewriteRecipe> recipes,
            std::vector<ledger::LedgerTask> tasks, int attempts, double lease);
  /// Ends the thread; what was not committed by then is dropped.
  ~JobLedger();

  /// Asks for captions. The answers come later.
  void want(const std::vector<WantedCaption>& wanted);
  /// An answer, in the order of asking, if there is one. Throws what the ledger
  /// threw.
  std::optional<AnsweredCaption> take();
  /// Asked for, and not taken yet.
  size_t outstanding() const;
  /// Until there is an answer, at most so long.
  void wait(std::chrono::milliseconds most);

  /// Keeps a row, which is committed at once, together with whatever came during the commit
  /// before; `done`: the caption is given back with it. Waits when too many rows are waiting.
  /// Throws what the ledger threw; this row and the others it did not take go into a file of their
  /// own (finish).
  void put(ledger::LedgerRow row, std::string source_text, int64_t occurrence, bool done);
  /// Rows that are not committed yet. Throws what the ledger threw: they never will be.
  size_t uncommitted() const;
  /// Gives a caption back without a row.
  void release(size_t mode, const Sha256& source);

  /// Commits everything, gives back what was asked for and not worked on, ends
  /// the thread. Throws as `put`.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    std::optional<ledger::LedgerRow> row;
    std::string source_text;
    int64_t occurrence = 0;
    Sha256 source{};
    size_t mode = 0;
    bool done = false;
  };

  void run();
  void commit(std::vector<Entry>& entries);
  void claim(const std::vector<WantedCaption>& wanted);
  std::string rescue();
  void throw_error() const;
  size_t mode_of(const ledger::LedgerRow& row) const;

  ledger::Ledger& ledger_;
  const std::vector<ledger::RewriteRecipe> recipes_;
  const std::vector<ledger::LedgerTask> tasks_;
  const int attempts_;
  const Clock::duration renewal_;

  mutable std::mutex mutex_;
  std::condition_variable work_, answered_, room_;
  std::vector<WantedCaption> wanted_;
  std::deque<AnsweredCaption> answers_;
  size_t claiming_ = 0;  ///< with the ledger at this moment
  std::vector<Entry> entries_;
  std::vector<Entry> committing_;        ///< the thread's own
  std::atomic<size_t> uncommitted_ = 0;  ///< rows among both
  bool stop_ = false;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace clipwright::rewrite::job
