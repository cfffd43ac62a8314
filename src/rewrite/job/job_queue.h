// A plan as requests, and replies as rows of the ledger.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/log.h"
#include "rewrite/engine/thought_watch.h"
#include "rewrite/job/job_ledger.h"
#include "rewrite/job/job_plan.h"

namespace clipwright::rewrite::job {

/// Hands out a plan's requests in order, judges the replies and sends rejected
/// ones back with a fresh seed. `ledger` may be null (a forecast): nothing is
/// kept then.
class JobQueue final : public engine::RequestQueue, public engine::ReplySink {
 public:
  /// `first`: where in the plan to begin, counted over all modes; what lies
  /// before comes last, so that workers which share a job meet seldom.
  JobQueue(const records::CaptionSource& captions, const RewriteOptions& options,
           const engine::Engine& engine, JobPlan& plan, JobLedger* ledger, int64_t first = 0);

  /// Empty when nothing can be handed out now; waits only while nothing is in
  /// flight: for the ledger's answer, or for other workers that hold the last
  /// captions.
  std::optional<engine::Request> next() override;
  bool closed() override;
  /// Some text of the plan was accepted before this run. What is left may be what the model cannot
  /// do, so its thoughts end no run either.
  bool answered_before() const override;
  /// Throws Error(kFailed) when the model only thinks (ThoughtWatch).
  void put(const engine::Request& request, engine::Reply reply) override;
  size_t unsettled() const override { return ledger_ == nullptr ? 0 : ledger_->uncommitted(); }
  /// Something was asked for since the last call of this, and something is left
  /// to ask for.
  bool may_go_on();
  /// Commits what is left.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  struct Work {
    size_t mode;
    uint32_t caption;
    int attempt;
    int rejected = 0;  ///< replies before this attempt; thoughts of this run are among them
    bool cut = false;  ///< the caption was too long for the prompt
    prompt::ExampleTriple examples{};
  };
  void refill();
  bool budget_is_spent();
  std::optional<Work> next_claimed();
  std::string prompt_caption(const std::string& text, int attempt);
  engine::Request ask(Work work);
  std::string detail() const;

  const records::CaptionSource& captions_;
  const RewriteOptions& options_;
  const engine::Engine& engine_;
  JobPlan& plan_;
  JobLedger* ledger_;
  engine::ThoughtWatch watch_;
  int64_t total_ = 0, first_ = 0, asked_ = 0;  ///< of the plan, over all modes
  int64_t number_ = 0, done_ = 0;
  int64_t judged_ = 0, accepted_ = 0;  ///< of done_, those that this job asked for
  std::unordered_map<int64_t, Work> in_flight_;
  std::deque<Work> again_;
  std::vector<WantedCaption> held_;  ///< by other workers, when they were asked for
  const Clock::time_point start_ = Clock::now();
  Clock::time_point asked_again_{}, rate_since_ = start_;
  int64_t taken_ = 0,
          taken_before_ = 0;  ///< since rate_since_, and in the second before
  int64_t number_before_ = 0;
  bool told_ = false;
  std::optional<Progress> progress_;
};

}  // namespace clipwright::rewrite::job
