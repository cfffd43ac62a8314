#include "optim/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "core/error.h"

namespace clipwright::optim {
namespace {

TEST(Schedule, CosineIsOpenClips) {
  // open_clip_train.scheduler.cosine_lr(optimizer, 1e-3, 4, 12), every step.
  const std::vector<double> expected = {0.00025,
                                        0.0005,
                                        0.00075,
                                        0.001,
                                        0.001,
                                        0.0009619397662556434,
                                        0.0008535533905932737,
                                        0.0006913417161825449,
                                        0.0005,
                                        0.0003086582838174552,
                                        0.00014644660940672628,
                                        3.806023374435663e-05};
  const Schedule schedule(ScheduleKind::kCosine, 1e-3, 4, 12);
  for (size_t step = 0; step < expected.size(); ++step) {
    EXPECT_NEAR(schedule.at(static_cast<int64_t>(step)), expected[step], 1e-15) << step;
  }
}

TEST(Schedule, ConstantWarmsUpThenStays) {
  const Schedule schedule(ScheduleKind::kConstant, 2.0, 4, 100);
  EXPECT_DOUBLE_EQ(schedule.at(0), 0.5);
  EXPECT_DOUBLE_EQ(schedule.at(3), 2.0);
  EXPECT_DOUBLE_EQ(schedule.at(4), 2.0);
  EXPECT_DOUBLE_EQ(schedule.at(99), 2.0);
}

TEST(Schedule, LaclipStartsAndEndsAboveZero) {
  const double base = 1e-3;
  const Schedule schedule(ScheduleKind::kLaclip, base, 5, 25);
  EXPECT_DOUBLE_EQ(schedule.at(0), 1e-6);
  EXPECT_DOUBLE_EQ(schedule.at(2), (1e-6 + base) / 2);
  EXPECT_DOUBLE_EQ(schedule.at(4), base);
  for (int64_t i = 0; i < 20; ++i) {
    const double curve =
        1e-5 + 0.5 * (base - 1e-5) * (1 + std::cos(std::numbers::pi * static_cast<double>(i) / 20));
    EXPECT_DOUBLE_EQ(schedule.at(5 + i), curve) << i;
  }
}

TEST(Schedule, WithoutWarmUpTheFirstStepHasTheFullRate) {
  for (const ScheduleKind kind :
       {ScheduleKind::kCosine, ScheduleKind::kConstant, ScheduleKind::kLaclip}) {
    EXPECT_DOUBLE_EQ(Schedule(kind, 0.3, 0, 10).at(0), 0.3);
  }
}

TEST(Schedule, AWarmUpLongerThanTheRunNeverDecays) {
  const Schedule schedule(ScheduleKind::kCosine, 1.0, 100, 10);
  EXPECT_DOUBLE_EQ(schedule.at(9), 0.1);
}

TEST(Schedule, AMisspeltNameNamesTheNearest) {
  try {
    parse_schedule("cosin");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("'cosine'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace clipwright::optim
