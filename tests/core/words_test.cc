#include "core/words.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"

namespace clipwright {
namespace {

TEST(Words, NamesAreListedWithCommasAndAWordBeforeTheLast) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(listed(Names{}), "");
  EXPECT_EQ(listed(Names{"a"}, " or "), "a");
  EXPECT_EQ(listed(Names{"a", "b", "c"}), "a, b, c");
  EXPECT_EQ(listed(Names{"a", "b", "c"}, " or "), "a, b or c");
  EXPECT_EQ(listed(std::vector<std::string_view>{"a", "b"}, " and "), "a and b");
}

TEST(Words, OnlyAsciiLettersAreLowered) {
  EXPECT_EQ(ascii_lower("Image.JPG @[`{"), "image.jpg @[`{");
  EXPECT_EQ(ascii_lower("\xC3\x89T\xC3\x89"), "\xC3\x89t\xC3\x89");
}

TEST(Words, SharesAreInPercent) {
  EXPECT_EQ(percent(0.1234), "12.3 %");
  EXPECT_EQ(percent(1, 2), "100.00 %");
  EXPECT_EQ(percent(0), "0.0 %");
}

TEST(Words, RecordsHoldFourDigits) {
  EXPECT_EQ(rounded(0.12345678), 0.1235);
  EXPECT_EQ(rounded(-2.00004), -2);
  EXPECT_TRUE(std::isnan(rounded(std::nan(""))));
}

TEST(Printable, ControlCharactersAreShownAndTheRestStays) {
  EXPECT_EQ(printable("a\nb\r\x1b[2J\x7f\t\xc3\xa4"), "a\\nb\\x0d\\x1b[2J\\x7f\t\xc3\xa4");
  EXPECT_EQ(printable(std::string(1, '\0')), "\\x00");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, AnErrorIsOneLine) {
  const Error error(ExitCode::kInput, "model\nname.pt: is empty", "a file\nof weights",
                    "Try\nagain.");
  EXPECT_STREQ(error.what(),
               "model\\nname.pt: is empty; expected a file\\nof weights. Try\\nagain.");
}

}  // namespace
}  // namespace clipwright
