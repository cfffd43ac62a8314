#include "eval/scores/calibration.h"

#include <gtest/gtest.h>

#include "eval/zeroshot.h"
#include "tests/eval/scores/golden_scores.h"

namespace clipwright::eval::scores {
namespace {

TEST(Calibration, EqualsTorchmetrics) {
  for (const Json& one : golden_scores("calibration")["cases"]) {
    for (const auto& [bins, value] : one["bins"].items()) {
      EXPECT_NEAR(
          *expected_calibration_error(one["confidence"].get<std::vector<float>>(),
                                      one["right"].get<std::vector<uint8_t>>(), std::stoi(bins)),
          value.get<double>(), 1e-5)
          << "scale " << one["scale"] << ", bins " << bins;
    }
  }
}

TEST(Calibration, OfZeroShotScoresIsThatOfTheirSoftmax) {
  const Json golden = golden_scores("calibration");
  for (const Json& one : golden["cases"]) {
    const ZeroshotResult result =
        count_zeroshot(matrix(golden["scores"]), golden["labels"].get<std::vector<int>>(),
                       one["scale"].get<double>());
    EXPECT_NEAR(*result.ece, one["bins"]["15"].get<double>(), 1e-5) << one["scale"];
    EXPECT_EQ(result.metrics()["ece_scale"], one["scale"]);
  }
}

TEST(Calibration, ABinHoldsItsUpperEnd) {
  // 0.2 and 0.1 share a bin of five: distances |0.3 - 1|; alone they would be 0.8 + 0.1.
  EXPECT_NEAR(
      *expected_calibration_error(std::vector<float>{0.2F, 0.1F}, std::vector<uint8_t>{1, 0}, 5),
      0.35, 1e-6);
  EXPECT_NEAR(
      *expected_calibration_error(std::vector<float>{1.0F, 0.0F}, std::vector<uint8_t>{1, 0}), 0,
      1e-12);
  EXPECT_FALSE(expected_calibration_error({}, {}).has_value());
}

}  // namespace
}  // namespace clipwright::eval::scores
