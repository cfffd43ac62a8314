#include "text/unicode/line_boundaries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clipwright::text::unicode {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What CPython 3.11 gives for each.
TEST(SplitLines, EndsLinesWherePythonDoes) {
  EXPECT_THAT(split_lines("a\nb\r\nc\rd\ve\ff\x1Cg\x1Dh\x1Ei\u0085j\u2028k\u2029l"),
              ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"));
  EXPECT_THAT(split_lines("a\n\n b \n"), ElementsAre("a", "", " b "));
  EXPECT_THAT(split_lines("\n"), ElementsAre(""));
  EXPECT_THAT(split_lines("\n\r"), ElementsAre("", ""));
  EXPECT_THAT(split_lines(""), IsEmpty());
  EXPECT_THAT(split_lines("a\\nb\x1F\t\u00a0"), ElementsAre("a\\nb\x1F\t\u00a0"));
  // Bytes of longer characters that look like ends, and a character cut off.
  EXPECT_THAT(split_lines("\u00c5\u2027\u202a\xE2\x80"), ElementsAre("\u00c5\u2027\u202a\xE2\x80"));
}

TEST(OnOneLine, EveryLineEndIsOneBlank) {
  EXPECT_EQ(on_one_line("a\nb\r\nc\rd\ve\ff\x1Cg\x1Dh\x1Ei\u0085j\u2028k\u2029l"),
            "a b c d e f g h i j k l");
  EXPECT_EQ(on_one_line(""), "");
  EXPECT_EQ(on_one_line("caf\u00e9 \u2026 \u200b"),
            "caf\u00e9 \u2026 \u200b");  // neighbours of theirs
  EXPECT_EQ(line_end_length(""), 0u);
}

}  // namespace
}  // namespace clipwright::text::unicode
