#include "audit/diversity/diversity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clipwright::audit::diversity {
namespace {

DiversityReport report_of(const std::vector<std::string>& texts) {
  Diversity diversity;
  lexicon::Words words;
  TextMarks marks;
  for (const std::string& text : texts) {
    mark_text(text, words, marks);
    diversity.add(marks);
  }
  return diversity.report();
}

TEST(Diversity, CountsByItsDefinitions) {
  const DiversityReport report =
      report_of({"a red bus on the road", "A red bus, in a town.", "two cats", "", "two cats"});
  EXPECT_EQ(report.texts, 5);
  EXPECT_EQ(report.empty, 1);
  EXPECT_DOUBLE_EQ(report.mean_words, (6 + 6 + 2 + 0 + 2) / 5.0);
  EXPECT_EQ(report.median_words, 2);
  EXPECT_EQ(report.longest_words, 6);
  EXPECT_EQ(report.lengths[2], 2);
  // 16 words: a red bus on the road in town two cats are 10 different ones.
  EXPECT_DOUBLE_EQ(report.distinct[0], 10.0 / 16);
  // 12 pairs: "a red", "red bus", "two cats" occur twice.
  EXPECT_DOUBLE_EQ(report.distinct[1], 9.0 / 12);
  EXPECT_DOUBLE_EQ(report.distinct[2], 7.0 / 8);
  EXPECT_DOUBLE_EQ(report.exact_duplicates, 1.0 / 4);
  EXPECT_DOUBLE_EQ(report.opener_rate_3, 4.0 / 5);
  EXPECT_EQ(report.openers[0].text, "a red bus");
  EXPECT_EQ(report.openers[0].count, 2);
  EXPECT_FALSE(report.estimated);
}

TEST(Diversity, SeesOpenersThatTakeOver) {
  std::vector<std::string> varied, alike;
  for (int i = 0; i < 500; ++i) {
    const std::string rest = " thing" + std::to_string(i) + " place" + std::to_string(i % 100);
    varied.push_back("w" + std::to_string(i) + " v" + std::to_string(i) + rest);
    alike.push_back("the picture shows" + rest);
  }
  EXPECT_DOUBLE_EQ(report_of(alike).opener_rate_3, 1);
  EXPECT_DOUBLE_EQ(report_of(varied).opener_rate_3, 10.0 / 500);
  EXPECT_DOUBLE_EQ(report_of(varied).top_100_prefix_mass, 100.0 / 500);
}

TEST(Diversity, CountsFourgramsThatRepeatInOneText) {
  const DiversityReport report =
      report_of({"a cat on a mat and a cat on a mat", "a cat on a mat", "a cat on a mat"});
  // The first holds 8 runs of four words, of which 2 come again; other texts do not count as
  // repeats.
  EXPECT_DOUBLE_EQ(report.repeated_fourgrams, 2.0 / (8 + 2 + 2));
  EXPECT_DOUBLE_EQ(report.repeating_texts, 1.0 / 3);
}

TEST(Diversity, KnowsWhatClipCannotRead) {
  std::string fits, beyond;
  for (int i = 0; i < 75; ++i) fits += "cat ";
  for (int i = 0; i < 76; ++i) beyond += "cat ";
  EXPECT_EQ(report_of({fits}).truncated, 0);
  EXPECT_EQ(report_of({beyond}).truncated, 1);
  // Few letters, many tokens.
  std::string emoji;
  for (int i = 0; i < 80; ++i) emoji += "\xF0\x9F\xA6\x9C ";
  EXPECT_EQ(report_of({emoji}).truncated, 1);
}

TEST(Diversity, MergedPartsEqualTheWhole) {
  Diversity whole, first, second;
  lexicon::Words words;
  TextMarks marks;
  for (int i = 0; i < 3000; ++i) {
    mark_text("the " + std::to_string(i % 700) + " birds fly over house " + std::to_string(i),
              words, marks);
    whole.add(marks);
    (i % 3 == 0 ? first : second).add(marks);
  }
  first.merge(second);
  EXPECT_EQ(first.report().to_json().dump(), whole.report().to_json().dump());
}

TEST(Diversity, SurvivesHostileTexts) {
  const std::string nul("a\0b cat\0", 8);
  const DiversityReport report =
      report_of({std::string(1 << 20, 'a'), std::string(1 << 20, ' '), nul, "\xFF\xFE\xE2\x82",
                 "\n", std::string(1 << 20, '\xF0')});
  EXPECT_EQ(report.texts, 6);
  EXPECT_GE(report.empty, 3);
  EXPECT_FALSE(to_line(report.to_json()).empty());
}

TEST(Diversity, OfNothingIsNothing) {
  const DiversityReport report = report_of({});
  EXPECT_EQ(report.mean_words, 0);
  EXPECT_EQ(report.distinct[0], 0);
  EXPECT_EQ(report.near_duplicates, 0);
  EXPECT_FALSE(diversity_rows(report).empty());
}

}  // namespace
}  // namespace clipwright::audit::diversity
