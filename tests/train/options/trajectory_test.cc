#include "train/options/trajectory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::train::options {
namespace {

TEST(Trajectory, WhatDiffersIsListed) {
  const Json saved = {{"lr", 0.001}, {"steps", 100}, {"seed", 1}},
             now = {{"lr", 0.0005}, {"steps", 200}, {"seed", 1}};
  try {
    check_trajectory(saved, now, false, "logs/a/checkpoints/step_7");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(
        error.what(),
        testing::AllOf(
            testing::HasSubstr("step_7"),
            testing::HasSubstr("lr was 0.001 and is now 0.0005; steps was 100 and is now 200"),
            testing::HasSubstr("--allow-changes"), testing::Not(testing::HasSubstr("seed"))));
  }
  check_trajectory(saved, now, true, "x");
  check_trajectory(saved, saved, false, "x");
}

}  // namespace
}  // namespace clipwright::train::options
