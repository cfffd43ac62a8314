#include "report/html_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>

#include "core/file.h"
#include "core/json.h"
#include "report/audit_page.h"
#include "report/escape.h"
#include "tests/temporary_folder.h"

namespace clipwright::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kEvil = "<script>alert('x')</script> & \"quoted\" \xFF";

/// Every start tag is ended in order; void elements aside. Returns what is wrong, empty when
/// nothing is.
std::string unbalanced(const std::string& page) {
  static const std::vector<std::string> void_elements = {"meta", "img",   "br",      "hr",
                                                         "link", "input", "!DOCTYPE"};
  std::vector<std::string> open;
  for (size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const bool closing = page[at + 1] == '/';
    const size_t begin = at + 1 + closing, end = page.find_first_of(" >\n", begin);
    const std::string name = page.substr(begin, end - begin);
    if (std::find(void_elements.begin(), void_elements.end(), name) != void_elements.end())
      continue;
    if (closing) {
      if (open.empty() || open.back() != name)
        return "</" + name + "> closes <" + (open.empty() ? "nothing" : open.back()) + ">";
      open.pop_back();
    } else {
      open.push_back(name);
      if (name == "script" || name == "style")
        at = page.find("</" + name, at) - 1;  // their content is no markup
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

LineChart sample_chart() {
  LineChart chart{.title = kEvil, .x_label = "step", .y_label = "loss", .series = {}};
  Series series{.name = "</script><b>", .x = {}, .y = {}, .lower = {}, .upper = {}};
  for (int i = 0; i < 3000; ++i) {
    series.x.push_back(i);
    series.y.push_back(i == 7 ? std::numeric_limits<double>::quiet_NaN() : std::exp(-i / 500.0));
    series.lower.push_back(series.y.back() - 0.1);
    series.upper.push_back(series.y.back() + 0.1);
  }
  chart.series.push_back(series);
  return chart;
}

HtmlReport full_report(const HtmlReportOptions& options) {
  HtmlReport report(options);
  for (const char* part : {"One", "Two", "Three"}) report.add_heading(part + kEvil);
  report.add_heading(kEvil, 3);
  report.add_text(kEvil + "\n\nsecond paragraph");
  report.add_code(kEvil);
  report.add_facts({{kEvil, kEvil}});
  report.add_badges({{kEvil, Tone::kBad}});
  report.add_table({.caption = kEvil, .columns = {{kEvil}}, .rows = {{kEvil}}});
  report.add_chart(sample_chart());
  report.begin_section(kEvil);
  report.add_gallery({{.title = kEvil,
                       .picture = "\x89PNG....",
                       .lines = {{kEvil, kEvil, {{kEvil, Tone::kGood}}}},
                       .neighbours_title = kEvil,
                       .neighbours = {{"\xFF\xD8\xFF...", kEvil}}}});
  report.end_section();
  return report;
}

class HtmlReportTest : public ::testing::Test {
 protected:
  HtmlReportTest() {
    write_file(folder_ / "chart.js", "window.Chart = 1; // </script> http://nowhere.example");
    options_ = {.title = kEvil, .chart_script = folder_ / "chart.js"};
  }
  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
  HtmlReportOptions options_;
};

TEST(EscapeHtml, LeavesNothingThatIsMarkup) {
  EXPECT_EQ(escape_html("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(escape_html("caf\xC3\xA9 \xF0\x9F\x98\x80"), "caf\xC3\xA9 \xF0\x9F\x98\x80");
  EXPECT_EQ(escape_html(std::string("\xC3(\x00\xED\xA0\x80", 6)),
            "\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Base64, MatchesRfc4648) {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) EXPECT_EQ(base64(bytes), text);
  EXPECT_EQ(base64(std::string("\xFF\xFE\x00", 3)), "//4A");
}

TEST_F(HtmlReportTest, EscapesEverythingEverywhere) {
  const std::string page = full_report(options_).html();
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("</script><b>")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)"));
  EXPECT_EQ(unbalanced(page), "");
}

TEST_F(HtmlReportTest, NeedsNothingFromOutside) {
  const std::string page = full_report(options_).html();
  const std::regex reference("(src|href|action|data)=\"([^\"]*)\"|url\\(|@import|<link");
  for (auto at = std::sregex_iterator(page.begin(), page.end(), reference);
       at != std::sregex_iterator(); ++at) {
    const std::string target = (*at)[2];
    EXPECT_TRUE(target.starts_with("data:image/") || target.starts_with("#")) << at->str();
  }
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST_F(HtmlReportTest, ChartDataIsJsonOfBoundedSize) {
  const std::string page = full_report(options_).html();
  const std::string start = "<script type=\"application/json\" id=\"charts\">";
  const size_t begin = page.find(start) + start.size();
  const Json charts =
      parse_json(page.substr(begin, page.find("</script>", begin) - begin), "charts");
  ASSERT_EQ(charts.size(), 1U);
  const Json& points = charts[0]["series"][0]["points"];
  EXPECT_LE(points.size(), 802U);
  EXPECT_DOUBLE_EQ(points.back()[0], 2999);  // the last point is always there
  EXPECT_EQ(charts[0]["series"][0]["name"], "</script><b>");
}

TEST_F(HtmlReportTest, WithoutChartLibraryValuesAreATable) {
  options_.chart_script = folder_ / "absent.js";
  const std::string page = full_report(options_).html();
  EXPECT_THAT(page, Not(HasSubstr("<canvas")));
  EXPECT_THAT(page, HasSubstr("libjs-chart.js"));
  EXPECT_THAT(page, HasSubstr("2999"));
  EXPECT_EQ(unbalanced(page), "");
}

TEST_F(HtmlReportTest, MarksTheBestOfAColumnOrRow) {
  Table table{.caption = "",
              .columns = {{"arm"}, {"accuracy", Best::kHighest}, {"loss", Best::kLowest}, {"gain"}},
              .rows = {{"CLIP", Cell::number(36.6), Cell::spread(2.0, 0.1, 2), "0"},
                       {"LaCLIP", Cell::number(58.5), Cell::spread(1.5, 0.1, 2),
                        Cell::difference(21.9, 1.2)},
                       {"other", Cell::number(58.5), Cell::number(NAN), Cell::difference(-3, 1)},
                       {"none", Cell::number(1), Cell::number(3), Cell::difference(0.5, 1)}}};
  HtmlReport report(options_);
  report.add_table(table);
  std::string page = report.html();
  EXPECT_THAT(page, HasSubstr("<td class=\"number\"><strong>58.5</strong></td><td "
                              "class=\"number\"><strong>1.50 \xC2\xB1 0.10</strong>"));
  EXPECT_THAT(page, Not(HasSubstr("<strong>36.6")));
  EXPECT_THAT(page, HasSubstr("<td class=\"number good\">+21.9 \xC2\xB1 1.2</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"number bad\">\xE2\x88\x92"
                              "3.0 \xC2\xB1 1.0</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"number\">+0.5 \xC2\xB1 1.0</td>"));
  EXPECT_THAT(
      page,
      HasSubstr(
          "<strong>58.5</strong></td><td class=\"number\">\xE2\x80\x93</td>"));  // ties are both
                                                                                 // best, NaN is a
                                                                                 // dash

  table = {.caption = "",
           .columns = {{"metric"}, {"CLIP", Best::kHighest}, {"LaCLIP", Best::kHighest}},
           .rows = {{"zero-shot", Cell::number(30), Cell::number(40)},
                    {"retrieval", Cell::number(9), Cell::number(8)}},
           .best_in_row = true};
  HtmlReport by_row(options_);
  by_row.add_table(table);
  page = by_row.html();
  EXPECT_THAT(page, HasSubstr("<strong>40.0"));
  EXPECT_THAT(page, HasSubstr("<strong>9.0"));
  EXPECT_THAT(page, Not(HasSubstr("<strong>30.0")));
}

TEST_F(HtmlReportTest, LowerIsBetterTurnsTheColours) {
  EXPECT_EQ(Cell::difference(-2, 1, 1, false).tone, Tone::kGood);
  EXPECT_EQ(Cell::difference(2, 1, 1, false).tone, Tone::kBad);
}

TEST_F(HtmlReportTest, EmbedsPicturesAndLeavesOutWhatIsNone) {
  HtmlReport report(options_);
  report.add_gallery({{.title = "p", .picture = "\x89PNG\r\n"},
                      {.title = "q", .picture = "<svg onload=alert(1)>"}});
  const std::string page = report.html();
  EXPECT_THAT(page, HasSubstr("src=\"data:image/png;base64,iVBORw0K\""));
  EXPECT_THAT(page, Not(HasSubstr("image/svg")));
  EXPECT_EQ(page.find("<img", page.find("<img") + 1), std::string::npos);
}

TEST_F(HtmlReportTest, AuditPageShowsFlagsAndExamples) {
  audit::corpus::CorpusAudit audit;
  audit::verdict::AuditedPair pair;
  pair.pair = {"key<1>", "bard", "a red bus", "a blue bus"};
  pair.record.flags = {"colour-changed"};
  pair.record.score = 0.25;
  audit.summary.add(pair.record);
  audit.modes["bard"].add(pair.record);
  audit.histogram[5] = 1;
  audit.examples["colour-changed"] = {pair};
  write_audit_page(audit, folder_ / "audit.html");
  const std::string page = read_file(folder_ / "audit.html");
  EXPECT_THAT(page, HasSubstr("a blue bus"));
  EXPECT_THAT(page, HasSubstr("key&lt;1&gt;"));
  EXPECT_THAT(page, HasSubstr("suspicious 0.25"));
  EXPECT_THAT(page, HasSubstr("<span class=\"badge bad\">colour-changed</span>"));
  EXPECT_EQ(unbalanced(page), "");
}

}  // namespace
}  // namespace clipwright::report
