#include "audit/calibration/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "audit/calibration/example_texts.h"
#include "core/error.h"

namespace clipwright::audit::calibration {
namespace {

std::vector<CalibrationCaption> captions(int count) {
  std::vector<CalibrationCaption> list;
  for (int i = 0; i < count; ++i) {
    const std::string key = std::to_string(i);
    list.push_back({key, "three red dogs on a table beside house number" + key});
  }
  return list;
}

/// Knows the damage from the pair's mode, so that its values can be foretold.
class Oracle final : public verdict::PairScorer {
 public:
  void score(std::span<verdict::AuditedPair> pairs) override {
    for (verdict::AuditedPair& audited : pairs) {
      keys_.insert(audited.pair.key);
      if (audited.pair.mode == "swap-number") continue;  // cannot judge: NaN
      const bool damaged = audited.pair.mode != "style-only";
      audited.scores.similarity = audited.pair.mode == "negate" ? 0.9 : damaged ? 0.1 : 0.9;
    }
  }
  std::string describe() const override { return "oracle"; }
  std::set<std::string> keys_;
};

TEST(Calibration, MeasuresATierAgainstWhatWasDone) {
  const verdict::Auditor auditor;
  Oracle oracle;
  const Calibration calibration = calibrate(auditor, captions(200), {&oracle}, {});
  EXPECT_EQ(oracle.keys_.size(), 200U);
  ASSERT_EQ(calibration.parts.size(), 2U);
  int64_t all = 0;
  for (const CalibrationPart& part : calibration.parts) {
    all += part.captions;
    const CalibrationTier& tier = part.tiers.back();
    ASSERT_EQ(tier.name, "similarity");
    EXPECT_DOUBLE_EQ(tier.threshold, 0.9);
    EXPECT_DOUBLE_EQ(tier.false_alarms, 0) << "nothing lies below the style-only values";
    const CalibrationCell& colour = tier.kinds.at(Damage::kSwapColour);
    EXPECT_DOUBLE_EQ(colour.recall, 1);
    EXPECT_DOUBLE_EQ(colour.precision, 1);
    EXPECT_DOUBLE_EQ(colour.auc, 1);
    EXPECT_EQ(colour.pairs, part.captions);
    const CalibrationCell& negate = tier.kinds.at(Damage::kNegate);
    EXPECT_DOUBLE_EQ(negate.recall, 0);
    EXPECT_DOUBLE_EQ(negate.auc, 0.5) << "equal values are ties";
    EXPECT_FALSE(tier.kinds.contains(Damage::kSwapNumber)) << "the tier judged none";
  }
  EXPECT_EQ(all, 200);
  EXPECT_GT(calibration.parts[0].captions, 60);
  EXPECT_GT(calibration.parts[1].captions, 60);
  const std::string text = calibration.to_markdown();
  EXPECT_THAT(text, ::testing::HasSubstr("swap-colour"));
  EXPECT_EQ(calibration.to_json()["parts"][1]["tiers"][0]["tier"], "flags");
}

TEST(Calibration, DrawsTheSameCaptionsInAnyOrderAndEachOnce) {
  const verdict::Auditor auditor;
  auto list = captions(60);
  const auto some = [&] {
    return calibrate(auditor, list, {}, {.most_captions = 40}).to_json().dump();
  };
  const std::string first = some();
  std::reverse(list.begin(), list.end());
  const std::vector<CalibrationCaption> some_again(list.begin(), list.begin() + 20);
  list.insert(list.end(), some_again.begin(), some_again.end());
  EXPECT_EQ(some(), first);
}

TEST(Calibration, RefusesAHandfulOfCaptions) {
  const verdict::Auditor auditor;
  EXPECT_THROW(calibrate(auditor, captions(19), {}, {}), Error);
}

TEST(Calibration, ShippedCaptionsAreThere) {
  EXPECT_GT(shipped_captions().size(), 1000U);
  EXPECT_GT(shipped_rewrites().size(), 2000U);
}

}  // namespace
}  // namespace clipwright::audit::calibration
