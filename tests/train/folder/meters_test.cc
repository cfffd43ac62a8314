#include "train/folder/meters.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"

namespace clipwright::train::folder {
namespace {

TEST(Meters, AJumpStandsOutAndOrdinaryLossesDoNot) {
  Meters meters;
  double largest = 0;
  for (int i = 0; i < 100; ++i)
    largest = std::max(largest, std::abs(meters.add_loss(4 + 0.1 * std::sin(i))));
  EXPECT_LT(largest, 3);
  EXPECT_GT(meters.add_loss(6), 10);
}

TEST(Meters, TheRecentLossIsTheMeanOfTheLastFifty) {
  Meters meters;
  for (int i = 1; i <= 60; ++i) meters.add_loss(i);
  EXPECT_DOUBLE_EQ(meters.recent_loss(), 35.5);
}

TEST(Meters, ReadBackTheyGoOnBitForBit) {
  Meters meters;
  for (int i = 0; i < 77; ++i) meters.add_loss(std::sqrt(i));
  meters.add_time(1.0 / 3);
  Meters copy = Meters::from_json(parse_json(meters.to_json().dump(), "test"), "test");
  EXPECT_EQ(copy.seconds(), meters.seconds());
  EXPECT_EQ(copy.add_loss(3.3), meters.add_loss(3.3));
  EXPECT_EQ(copy.recent_loss(), meters.recent_loss());
}

TEST(Meters, MissingFieldsAreAnInputError) {
  EXPECT_THROW(Meters::from_json(Json::object(), "state.json"), Error);
}

}  // namespace
}  // namespace clipwright::train::folder
