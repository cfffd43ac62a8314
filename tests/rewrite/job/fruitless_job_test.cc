#include "rewrite/job/fruitless_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::rewrite::job {
namespace {

using testing::HasSubstr;

class SilentEngine final : public engine::Engine {
 public:
  explicit SilentEngine(bool texts_may_come) : may_come_(texts_may_come) {}
  Json identity() const override { return {{"engine", "silent"}}; }
  bool texts_may_come() const override { return may_come_; }
  void run(engine::RequestQueue&, const language::Sampling&, engine::ReplySink&) override {}

 private:
  bool may_come_;
};

/// What is said of the modes; empty when they are fine.
std::string said(const std::vector<ModeSummary>& modes, bool texts_may_come = false,
                 bool interrupted = false) {
  RewriteSummary summary;
  for (const ModeSummary& mode : modes)
    summary.modes.emplace_back("m" + std::to_string(summary.modes.size()), mode);
  summary.interrupted = interrupted;
  try {
    require_rewrites(summary, SilentEngine(texts_may_come));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kFailed);
    return error.what();
  }
  return "";
}

ModeSummary rejected() {
  ModeSummary mode;
  mode.wanted = 9;
  mode.given_up = 1;
  mode.outcomes = {{"rejected:copy-of-source", 3}};
  return mode;
}
ModeSummary untouched() {
  ModeSummary mode;
  mode.wanted = 9;
  return mode;
}
ModeSummary accepted() {
  ModeSummary mode;
  mode.wanted = 9;
  mode.accepted = 1;
  mode.outcomes = {{"accepted", 1}};
  return mode;
}
ModeSummary without_texts() {
  ModeSummary mode;
  mode.wanted = mode.missing = 9;
  return mode;
}

TEST(FruitlessJob, RepliesThatAreAllRejectedAreAFailure) {
  EXPECT_THAT(said({rejected()}), HasSubstr("of 3 replies 3 were rejected as copy-of-source"));
  EXPECT_EQ(said({rejected()}, false, /*interrupted=*/true), "");
}

/// A budget may end a job in its first mode: how many modes wait behind it changes nothing.
TEST(FruitlessJob, ModesThatWereNotBegunAreNoSuccess) {
  EXPECT_NE(said({rejected(), untouched(), untouched()}), "");
  EXPECT_EQ(said({untouched(), untouched()}), "");
}

TEST(FruitlessJob, BesideAModeWithRewritesItIsAWarning) {
  EXPECT_EQ(said({accepted(), rejected()}), "");
  ModeSummary before = untouched();
  before.already_done = 2;
  EXPECT_EQ(said({before, rejected(), without_texts()}), "");
}

TEST(FruitlessJob, ARecordingOfOtherCaptionsIsAFailureAndAnAnswerThatMayComeIsNone) {
  EXPECT_THAT(said({without_texts()}), HasSubstr("there is no text for any of them"));
  EXPECT_EQ(said({without_texts()}, /*texts_may_come=*/true), "");
}

}  // namespace
}  // namespace clipwright::rewrite::job
