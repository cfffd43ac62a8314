#include "data/gcompris/credits.h"

#include <gtest/gtest.h>

namespace clipwright::data::gcompris {
namespace {

TEST(Credits, AReadmeNamesAuthorsByFile) {
  const auto credits = read_readme(
      "\nCopyright: Ann: the first\r\nSource: https://example.org/a:b\nLicense: CC0-1.0\nFiles:\n"
      "a.webp\n  b/c d.webp \n\nCopyright: Bo\nLicense: Public Domain\nnot a file\n\nFiles:\n"
      "orphan.webp\na.webp\n");
  ASSERT_EQ(credits.size(), 3u);
  EXPECT_EQ(credits.at("a.webp").author, "Ann: the first") << "the first paragraph counts";
  EXPECT_EQ(credits.at("a.webp").licence, "CC0-1.0");
  EXPECT_EQ(credits.at("b/c d.webp").source, "https://example.org/a:b");
  EXPECT_EQ(credits.at("orphan.webp").author, "");
  EXPECT_TRUE(read_readme("").empty());
}

TEST(Credits, TheLastParagraphThatNamesAFileCounts) {
  const CopyrightFile file(
      "Format: x\n\nFiles: *\nCopyright: 2010 All\n           2011 More\nLicense: GPL-3+\n\n"
      "Files: img/*.jpg img/a.png\nCopyright: Ann\nLicense: CC0-1.0\n\n"
      "Files: img/b.jpg\n       img/c.jpg\nCopyright: Bo\nLicense: CC-BY-2.0\nComment: see\n"
      " https://example.org/b\n\nLicense: GPL-3+\n Text: with a colon\n");
  EXPECT_EQ(file.find("img/x.jpg").credit.author, "Ann");
  EXPECT_EQ(file.find("img/a.png").pattern, "img/a.png");
  const CopyrightFile::Answer both = file.find("img/b.jpg");
  EXPECT_EQ(both.credit.author, "Bo");
  EXPECT_EQ(both.credit.source, "https://example.org/b");
  EXPECT_FALSE(both.other_ending);
  const CopyrightFile::Answer earlier = file.find("img/c.webp");
  EXPECT_EQ(earlier.credit.licence, "CC-BY-2.0");
  EXPECT_TRUE(earlier.other_ending);
  EXPECT_EQ(earlier.pattern, "img/c.jpg");
  EXPECT_EQ(file.find("elsewhere/c.webp").pattern, "*");
  EXPECT_EQ(file.find("elsewhere/c.webp").credit.author, "2010 All") << "the first of several";
  EXPECT_EQ(CopyrightFile().find("img/b.jpg").pattern, "");
  EXPECT_EQ(CopyrightFile("no fields at all\n\n: \n").find("x").pattern, "");
}

TEST(Credits, PatternsAreThoseOfTheFormat) {
  for (const auto& [path, pattern] :
       {std::pair("a/b/c.jpg", "*"), std::pair("a/b/c.jpg", "a/*"),
        std::pair("a/b/c.jpg", "a/*.jpg"), std::pair("abc", "a?c"), std::pair("aXbXc", "*X*"),
        std::pair("", "*"), std::pair("aab", "*ab")})
    EXPECT_TRUE(fits(path, pattern)) << path << " " << pattern;
  for (const auto& [path, pattern] :
       {std::pair("a/b/c.jpg", "b/*"), std::pair("a/b/c.jpg", "a/*.png"), std::pair("ac", "a?c"),
        std::pair("a", ""), std::pair("abc", "ab"), std::pair("ab", "abc")})
    EXPECT_FALSE(fits(path, pattern)) << path << " " << pattern;
}

}  // namespace
}  // namespace clipwright::data::gcompris
