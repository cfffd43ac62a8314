#include "rewrite/job/sample_pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>

#include "core/random.h"
#include "rewrite/job/job_forecast.h"
#include "tests/temporary_folder.h"

namespace clipwright::rewrite::job {
namespace {

TEST(SamplePace, AnEvenOneAfterTheOtherIsCertain) {
  SamplePace pace;
  for (int i = 1; i <= 100; ++i) pace.add(0.5 * i, 0.5, 10);
  EXPECT_NEAR(pace.time_of(20000).value, 1000, 1e-6);
  EXPECT_NEAR(pace.time_of(20000).margin, 0, 1e-6);
}

TEST(SamplePace, IsStudentsIntervalOfTheStretches) {
  // Nine stretches after the warm one, of 1, 2, ... 9 seconds for ten replies each.
  SamplePace pace;
  double now = 0;
  const auto stretch = [&](double seconds) {
    for (int i = 0; i < 10; ++i) pace.add(now += seconds / 10, 0, 1);
  };
  stretch(100);  // a model that warms up
  for (const int seconds : {5, 1, 9, 3, 7, 2, 8, 4, 6}) stretch(seconds);
  const Estimate far = pace.time_of(10e6);  // a million stretches
  EXPECT_NEAR(far.value, 5e6, 1);
  const double deviation = std::sqrt(60.0 / 8);
  EXPECT_NEAR(far.margin, 1e6 * 2.306 * deviation / 3, 1e3);
  // A job no longer than the sample varies as the sample does.
  EXPECT_NEAR(pace.time_of(90).margin, 9 * 2.306 * deviation * std::sqrt(2.0 / 9), 1e-6);
}

TEST(SamplePace, WavesOfManyAtOnceAreNoSpread) {
  SamplePace pace;
  for (int i = 0; i < 200; ++i) pace.add(2.0 * (i / 20 + 1), 2, 1);  // twenty at a time
  const Estimate estimate = pace.time_of(10000);
  EXPECT_NEAR(estimate.value, 1000, 1.5);
  EXPECT_LT(estimate.margin, 1.5);
  EXPECT_GE(estimate.margin, 0.5) << "the last wave may be a small one";
}

TEST(SamplePace, KnowsNothingOfASingleReply) {
  SamplePace pace;
  EXPECT_EQ(pace.time_of(5).value, 0);
  pace.add(3, 3, 1);
  EXPECT_NEAR(pace.time_of(5).value, 15, 1e-9);
  EXPECT_NEAR(pace.time_of(5).margin, 15, 1e-9);
}

class TestClock : public engine::MonotonicClock {
 public:
  Time now() const override { return Time(std::chrono::nanoseconds(std::llround(seconds * 1e9))); }
  double seconds = 0;
};

/// A server with so many slots and an answer of a length of its own choice; time is the clock's.
class SlotsEngine : public engine::Engine {
 public:
  Json identity() const override { return {{"engine", "slots"}}; }
  void run(engine::RequestQueue& queue, const language::Sampling&,
           engine::ReplySink& sink) override {
    struct Busy {
      double begin, end;
      engine::Request request;
      bool operator>(const Busy& other) const { return end > other.end; }
    };
    std::priority_queue<Busy, std::vector<Busy>, std::greater<>> busy;
    for (;;) {
      while (busy.size() < slots) {
        std::optional<engine::Request> request = queue.next();
        if (!request) break;
        const double seconds = latency(*request);
        busy.push({clock.seconds, clock.seconds + seconds, std::move(*request)});
      }
      if (busy.empty()) return;
      const Busy done = busy.top();
      busy.pop();
      clock.seconds = done.end;
      sink.put(done.request, {.text = "told anew " + done.request.source + " once",
                              .tokens_in = 150,
                              .tokens_out = 25,
                              .seconds = says_seconds ? done.end - done.begin : 0});
    }
  }
  TestClock clock;
  size_t slots = 1;
  bool says_seconds = true;
  std::function<double(const engine::Request&)> latency;
};

class ForecastTime : public testing::Test {
 protected:
  ForecastTime() {
    options_.packs.push_back(prompt::ExamplePack::read(
        std::filesystem::path(CLIPWRIGHT_SOURCE_DIR) / "data/examples/chatgpt.tsv", "chatgpt"));
    options_.ledger = "sqlite:" + (folder_ / "none.db");
    std::ofstream file(folder_ / "captions.txt");
    for (int i = 0; i < 2000; ++i) file << "caption number " << i << "\n";
  }
  /// From a sample of 200, and what all of it then takes.
  std::pair<Estimate, double> forecast_and_reality() {
    const records::CaptionLines captions(folder_ / "captions.txt");
    options_.sample = 200;
    const Estimate told = forecast_rewrite(captions, options_, engine_, engine_.clock).seconds;
    options_.sample = 2000;
    const double before = engine_.clock.seconds;
    forecast_rewrite(captions, options_, engine_, engine_.clock);
    return {told, engine_.clock.seconds - before};
  }
  TemporaryFolder folder_;
  RewriteOptions options_;
  SlotsEngine engine_;
};

TEST_F(ForecastTime, HoldsForAServerThatTakesAsLongForEach) {
  for (const size_t slots : {1, 8, 64}) {
    engine_.slots = slots;
    engine_.latency = [](const engine::Request&) { return 0.5; };
    const auto [told, reality] = forecast_and_reality();
    EXPECT_NEAR(told.value, reality, told.margin) << slots;
    EXPECT_LT(told.margin, 0.25 * told.value) << slots;
  }
}

TEST_F(ForecastTime, HoldsForNineteenOfTwentyUnevenServers) {
  int held = 0, even = 0;
  constexpr int kServers = 40;
  for (int i = 0; i < kServers; ++i) {
    engine_.slots = std::array<size_t, 4>{1, 4, 16, 48}[static_cast<size_t>(i) % 4];
    engine_.says_seconds = i % 8 != 0;
    Random random(7, "latency", 0, static_cast<uint64_t>(i));
    // Mostly quick, now and then very slow.
    engine_.latency = [&](const engine::Request&) { return 0.1 - std::log(1 - random.uniform()); };
    const auto [told, reality] = forecast_and_reality();
    held += std::abs(told.value - reality) <= told.margin ? 1 : 0;
    even += told.margin < 0.65 * told.value ? 1 : 0;
  }
  EXPECT_GE(held, kServers * 9 / 10);
  EXPECT_GE(even, kServers * 9 / 10) << "an interval that says nothing holds always";
}

}  // namespace
}  // namespace clipwright::rewrite::job
