#include "data/source/brace_expansion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::data::source {
namespace {

using testing::ElementsAre;

TEST(BraceExpansion, RangesKeepTheirZeros) {
  EXPECT_THAT(expand_braces("a/{08..11}.tar"),
              ElementsAre("a/08.tar", "a/09.tar", "a/10.tar", "a/11.tar"));
  EXPECT_THAT(expand_braces("{9..11}"), ElementsAre("9", "10", "11"));
  EXPECT_THAT(expand_braces("{3..1}"), ElementsAre("3", "2", "1"));
  EXPECT_THAT(expand_braces("{0..6..3}"), ElementsAre("0", "3", "6"));
  EXPECT_THAT(expand_braces("x{a..c}"), ElementsAre("xa", "xb", "xc"));
}

TEST(BraceExpansion, ListsNestAndSourcesJoin) {
  EXPECT_THAT(expand_braces("{a,b{1..2}}.tar::c.tar"),
              ElementsAre("a.tar", "b1.tar", "b2.tar", "c.tar"));
  EXPECT_THAT(expand_braces("{a,b}{0,1}"), ElementsAre("a0", "a1", "b0", "b1"));
  EXPECT_THAT(expand_braces("{,x}y"), ElementsAre("y", "xy"));
  EXPECT_THAT(expand_braces("plain.csv"), ElementsAre("plain.csv"));
  EXPECT_THAT(expand_braces("{one}"), ElementsAre("{one}"));
}

TEST(BraceExpansion, UnbalancedOrHugePatternsAreUsageErrors) {
  for (const std::string pattern : {"{0..9.tar", "a}", "{a,{b}", "{0..99999999999}",
                                    "{1..5000}{1..5000}", "{0..9223372036854775807}"}) {
    try {
      expand_braces(pattern);
      ADD_FAILURE() << pattern;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage) << pattern;
    }
  }
}

}  // namespace
}  // namespace clipwright::data::source
