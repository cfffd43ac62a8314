#include "losses/objective.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/error.h"

namespace clipwright::losses {
namespace {

Features features() {
  torch::manual_seed(1);
  const auto rows = [] {
    const Tensor drawn = torch::randn({5, 4}, torch::kFloat64);
    return drawn / drawn.norm(2, -1, /*keepdim=*/true);
  };
  return {.images = {rows()},
          .texts = {rows(), rows()},
          .logit_scale = torch::tensor(3.0, torch::kFloat64)};
}

double total(const ObjectiveConfig& config) {
  return Objective(config).loss(features()).total.item<double>();
}

TEST(Objective, PresetsBringTheirCaptionPolicy) {
  EXPECT_EQ(find_preset("clip").caption_policy, "original");
  EXPECT_EQ(find_preset("laclip").caption_policy, "uniform");
  EXPECT_EQ(find_preset("laclip-mt").caption_policy, "all");
  EXPECT_TRUE(Objective(find_preset("laclip-mt")).needs().all_texts);
  EXPECT_FALSE(Objective(find_preset("laclip")).needs().all_texts);
}

TEST(Objective, IsTheWeightedSumOfItsTerms) {
  const double contrastive = total({.weights = {{"contrastive", 1}}}),
               multi = total({.weights = {{"multi-text", 1}}});
  EXPECT_NEAR(total({.weights = {{"contrastive", 0.4}, {"multi-text", 2}}}),
              0.4 * contrastive + 2 * multi, 1e-12);
}

TEST(Objective, ReportsEachTermUnweighted) {
  Objective objective({.weights = {{"contrastive", 0.5}}});
  const Objective::Value value = objective.loss(features());
  ASSERT_EQ(value.terms.size(), 1U);
  EXPECT_EQ(value.terms[0].first, "contrastive");
  EXPECT_NEAR(value.terms[0].second.item<double>(), 2 * value.total.item<double>(), 1e-12);
}

void expect_usage_error(const std::function<void()>& run, const std::string& part) {
  try {
    run();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Objective, NamesTheNearestWhenANameIsWrong) {
  expect_usage_error([] { find_preset("laclip-tm"); }, "Did you mean 'laclip-mt'?");
  expect_usage_error(
      [] {
        Objective({.weights = {{"contrastiv", 1}}});
      },
      "Did you mean 'contrastive'?");
  expect_usage_error([] { Objective({.weights = {{"contrastive", -1}}}); }, "0 or more");
  expect_usage_error([] { Objective({.weights = {{"contrastive", 0}}}); }, "at least one term");
}

}  // namespace
}  // namespace clipwright::losses
