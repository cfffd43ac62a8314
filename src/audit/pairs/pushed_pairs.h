// Pairs of a reader that calls back (a database, a Parquet file) as a source that is asked: a
// thread reads, a queue of bounded length stands between.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "audit/pairs/pairs.h"
#include "core/process/bounded_queue.h"

namespace clipwright::audit::pairs {

class PushedPairs final : public PairSource {
 public:
  /// What a reader tells: each pair, and what it passes over. A pair that nobody wants any more
  /// ends the reader with an exception of its own.
  class Taker {
   public:
    virtual void pair(AuditPair pair) = 0;
    virtual void pass_over(const std::string& reason, int64_t count = 1) = 0;

   protected:
    ~Taker() = default;
  };

  /// `read` runs in a thread of its own; what it throws, next() throws. `total` as in total().
  PushedPairs(int64_t total, std::function<void(Taker&)> read);
  ~PushedPairs() override;

  bool next(AuditPair& pair) override;
  int64_t total() const override { return total_; }

 private:
  class Queue;
  void run(const std::function<void(Taker&)>& read);

  const int64_t total_;
  BoundedQueue<AuditPair> pairs_;
  std::map<std::string, int64_t> passed_;  ///< the reader's, until it has closed the queue
  std::exception_ptr error_;               ///< as `passed_`
  std::jthread reader_;                    ///< last: it ends before what it uses
};

}  // namespace clipwright::audit::pairs
