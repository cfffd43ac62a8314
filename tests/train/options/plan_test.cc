#include "train/options/plan.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::train::options {
namespace {

TEST(Plan, EpochsBecomeSteps) {
  const Plan plan =
      plan_run({.batch_size = 8, .accum_freq = 2, .epochs = 3, .warmup = "1 epoch"}, 100);
  EXPECT_EQ(plan.global_batch, 16);
  EXPECT_EQ(plan.steps_per_epoch, 6);  // the incomplete seventh batch is dropped
  EXPECT_EQ(plan.total_steps, 18);
  EXPECT_EQ(plan.warmup_steps, 6);
  EXPECT_EQ(plan.pass(5), 0);
  EXPECT_EQ(plan.batch(5), 5);
  EXPECT_EQ(plan.pass(6), 1);
  EXPECT_EQ(plan.batch(6), 0);
  EXPECT_DOUBLE_EQ(plan.epochs(9), 1.5);
  EXPECT_TRUE(plan.ends_epoch(12));
  EXPECT_FALSE(plan.ends_epoch(13));
}

TEST(Plan, StepsWinOverEpochs) {
  EXPECT_EQ(plan_run({.batch_size = 8, .epochs = 3, .steps = 7}, 100).total_steps, 7);
}

TEST(Plan, TrainNumSamplesSetsTheEpochAndNotTheData) {
  const Plan plan = plan_run({.train_num_samples = 32, .batch_size = 8, .epochs = 5}, 100);
  EXPECT_EQ(plan.steps_per_epoch, 4);
  EXPECT_EQ(plan.total_steps, 20);
  EXPECT_EQ(plan.pass(11), 0);
  EXPECT_EQ(plan.pass(12), 1);
}

TEST(Plan, DataSmallerThanAStepIsRefused) {
  try {
    plan_run({.batch_size = 64, .accum_freq = 2}, 100);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_NE(std::string(error.what()).find("100 pairs, and a step takes 128"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace clipwright::train::options
