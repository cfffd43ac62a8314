// A plan as requests, and replies as rows of the ledger.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "core/log.h"
#include "rewrite/job_plan.h"

namespace clipwright {

/// Hands out a plan's requests in order, judges the replies, sends rejected ones back with a fresh
/// seed, and commits at least every quarter of a second while replies come in. `ledger` may be null
/// (a forecast): nothing is kept then.
class JobQueue final : public RequestQueue, public ReplySink {
 public:
  JobQueue(const CaptionSource& captions, const RewriteOptions& options, const Engine& engine,
           JobPlan& plan, Ledger* ledger);

  std::optional<Request> next() override;
  void put(const Request& request, Reply reply) override;
  /// Commits what is left.
  void finish();

 private:
  struct Work {
    size_t mode;
    PlannedRewrite rewrite;
    ExampleTriple examples;
  };
  Request ask(Work work);
  std::string prompt_caption(const std::string& text, int attempt);
  std::string detail() const;

  const CaptionSource& captions_;
  const RewriteOptions& options_;
  const Engine& engine_;
  JobPlan& plan_;
  Ledger* ledger_;
  size_t mode_ = 0, at_ = 0;  ///< next of the plan
  int64_t number_ = 0, done_ = 0, accepted_ = 0;
  std::unordered_map<int64_t, Work> in_flight_;
  std::deque<Work> again_;
  std::chrono::steady_clock::time_point committed_ = std::chrono::steady_clock::now();
  std::optional<Progress> progress_;
};

}  // namespace clipwright
