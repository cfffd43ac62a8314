#include "core/error.h"

#include <gtest/gtest.h>

#include "core/log.h"

namespace clipwright {
namespace {

TEST(Error, ReadsAsASentenceWithAdvice) {
  EXPECT_STREQ(
      Error(ExitCode::kInput, "a.tar: has no pictures", "a .jpg member", "Pack it again.").what(),
      "a.tar: has no pictures; expected a .jpg member. Pack it again.");
  EXPECT_STREQ(Error(ExitCode::kInput, "a.tar: is missing").what(), "a.tar: is missing.");
}

TEST(Error, NearestFindsTypingMistakesAndNothingFarAway) {
  EXPECT_EQ(nearest("batch-sise", {"batch-size", "base-url"}), "batch-size");
  EXPECT_EQ(nearest("zzzz", {"batch-size", "base-url"}), "");
}

TEST(Log, WritesNumbersAndDurationsForPeople) {
  EXPECT_EQ(with_commas(1234567), "1,234,567");
  EXPECT_EQ(with_commas(-1000), "-1,000");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(readable_duration(34860), "9 h 41 min");
  EXPECT_EQ(readable_duration(200.2), "3 min 20 s");
  EXPECT_EQ(readable_duration(1.6), "2 s");
}

}  // namespace
}  // namespace clipwright
