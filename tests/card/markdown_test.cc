#include "card/markdown.h"

#include <gtest/gtest.h>

namespace clipwright::card {
namespace {

TEST(Markdown, TextsShowAsTheyRead) {
  EXPECT_EQ(plain("a|b *c* [d](e) <script> #1"), "a\\|b \\*c\\* \\[d\\](e) \\<script\\> \\#1");
  EXPECT_EQ(plain("two\nlines\r\n"), "two lines  ");
  EXPECT_EQ(plain("caf\xC3\xA9"), "caf\xC3\xA9");
  EXPECT_EQ(plain("bad \xFF byte"), "bad \xEF\xBF\xBD byte");
}

TEST(Markdown, CodeIsFencedWhateverIsInIt) {
  EXPECT_EQ(code("logs/run"), "`logs/run`");
  EXPECT_EQ(code("a`b"), "``a`b``");
  EXPECT_EQ(code("`"), "`` ` ``");
  EXPECT_EQ(code("a|b"), "`a\\|b`");
  EXPECT_EQ(code(""), "");
}

TEST(Markdown, YamlTakesAnyText) { EXPECT_EQ(yaml("a: \"b\"\n- c"), "\"a: \\\"b\\\" - c\""); }

TEST(Markdown, TablesAndLists) {
  EXPECT_EQ(table({"a", "b"}, {{"1", "2"}}), "| a | b |\n|---|---|\n| 1 | 2 |\n");
  EXPECT_EQ(bullets({"a", "b"}), "- a\n- b\n");
}

}  // namespace
}  // namespace clipwright::card
