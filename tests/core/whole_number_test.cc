#include "core/whole_number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace clipwright {
namespace {

TEST(WholeNumber, OfTextIsExact) {
  for (const int64_t number :
       {int64_t{0}, int64_t{-7}, int64_t{9007199254740993}, std::numeric_limits<int64_t>::max(),
        std::numeric_limits<int64_t>::min()})
    EXPECT_EQ(whole_number(std::to_string(number)), number);
  EXPECT_EQ(whole_number("+5"), 5);
  EXPECT_EQ(whole_number("007"), 7);
  // As tables with gaps write them; no digit is lost on the way.
  EXPECT_EQ(whole_number("7.0"), 7);
  EXPECT_EQ(whole_number("-7.000"), -7);
  EXPECT_EQ(whole_number("9007199254740993.0"), 9007199254740993);
  EXPECT_EQ(whole_number("1e3"), 1000);
  for (const char* text : {"", "-", "+", "+-5", "5 ", " 5", "7.5", "1e-3", ".5", "nan", "inf",
                           "9223372036854775808", "1e30", "0x10", "seven", "7.0.0", "7,0"})
    EXPECT_EQ(whole_number(text), std::nullopt) << text;
}

TEST(WholeNumber, OfADoubleIsNotRounded) {
  EXPECT_EQ(whole_number(3.0), 3);
  EXPECT_EQ(whole_number(-9007199254740992.0), -9007199254740992);
  EXPECT_EQ(whole_number(-0x1p63), std::numeric_limits<int64_t>::min());
  for (const double value : {2.5, -0.1, 0x1p63, 1e300, std::nan(""), double{INFINITY}})
    EXPECT_EQ(whole_number(value), std::nullopt) << value;
}

TEST(WholeNumber, NumbersAreToldFromWords) {
  for (const char* text : {"0", "-1", "+1", "2.5", "1e300", "1e999", "nan", "-inf", ".5"})
    EXPECT_TRUE(is_number(text)) << text;
  for (const char* text : {"", "-", "two", "2 5", "2.5b", "n02110185", "1-2"})
    EXPECT_FALSE(is_number(text)) << text;
}

TEST(WholeNumber, TextReadsBack) {
  EXPECT_EQ(shortest_text(3), "3");
  EXPECT_EQ(shortest_text(2.5), "2.5");
  EXPECT_EQ(shortest_text(1e300), "1e+300");
  EXPECT_EQ(shortest_text(std::nan("")), "nan");
}

}  // namespace
}  // namespace clipwright
