#include "report/comparison_page.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "report/intervals.h"
#include "tests/temporary_folder.h"

namespace clipwright::report {
namespace {

Json difference(double value) {
  return {{"difference", value}, {"low", value - 0.01}, {"high", value + 0.01}};
}

Json comparison() {
  return {{"suite", "mine & <yours>"},
          {"arms", {"base", "<b>"}},
          {"runs", {1, 1}},
          {"metrics",
           {{{"set", "pets"},
             {"metric", "acc1"},
             {"main", true},
             {"samples", 3669},
             {"values", {0.5, 0.625}},
             {"deviations", {0, 0}},
             {"differences", {nullptr, difference(0.125)}},
             {"classes",
              {{{"name", "a cat"},
                {"samples", 2},
                {"values", {0.5, 1}},
                {"differences", {nullptr, difference(0.5)}}},
               {{"name", "<dog>"},
                {"samples", 2},
                {"values", {0.5, nullptr}},
                {"differences", {nullptr, nullptr}}}}}},
            {{"set", "food"},
             {"metric", "acc1"},
             {"main", true},
             {"samples", 0},
             {"values", {0.25, nullptr}},
             {"deviations", {0, 0}},
             {"differences", {nullptr, nullptr}}}}},
          {"average", nullptr},
          {"average_sets", {"pets"}},
          {"missing", {"cars: somewhere"}},
          {"failed", {{{"model", "base"}, {"set", "dtd"}, {"why", "broken"}}}}};
}

TEST(ComparisonPage, SaysEverythingAndEscapesIt) {
  TemporaryFolder folder;
  write_comparison_page(comparison(), folder.path() / "r.html");
  const std::string page = read_file(folder.path() / "r.html");
  for (const char* text :
       {"Suite mine &amp; &lt;yours&gt;", "3,669", "<strong>62.5</strong>", "+12.5 [+11.5, +13.5]",
        "&lt;dog&gt;", "cars", "somewhere", "broken", "class=\"zero\""})
    EXPECT_NE(page.find(text), std::string::npos) << text;
  EXPECT_EQ(page.find("<dog>"), std::string::npos);
}

TEST(ComparisonPage, OneModelHasNoDifferences) {
  TemporaryFolder folder;
  Json one = comparison();
  one["arms"] = {"base"};
  one["runs"] = {1};
  for (Json& row : one["metrics"]) {
    for (const char* list : {"values", "deviations", "differences"}) row[list].erase(1);
    row.erase("classes");
  }
  write_comparison_page(one, folder.path() / "r.html");
  EXPECT_EQ(read_file(folder.path() / "r.html").find("Differences to"), std::string::npos);
}

TEST(Intervals, NothingToDrawIsNothing) {
  EXPECT_EQ(intervals_html({.title = "x", .labels = {"a"}, .series = {{"s", {std::nullopt}}}}), "");
  EXPECT_EQ(
      intervals_html(
          {.title = "x", .labels = {"a"}, .series = {{"s", {IntervalChart::Interval{0, 0, 0}}}}}),
      "")
      << "no extent";
}

}  // namespace
}  // namespace clipwright::report
