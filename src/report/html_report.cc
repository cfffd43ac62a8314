#include "report/html_report.h"

#include "core/error.h"
#include "core/file.h"
#include "report/escape.h"
#include "report/page_style.h"

namespace clipwright::report {
namespace {

std::string badge_html(const Badge& badge) {
  const char* tone = badge.tone == Tone::kGood      ? " good"
                     : badge.tone == Tone::kWarning ? " warning"
                     : badge.tone == Tone::kBad     ? " bad"
                                                    : "";
  return std::string("<span class=\"badge") + tone + "\">" + escape_html(badge.text) + "</span>";
}

std::string_view media_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG")) return "image/png";
  if (bytes.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (bytes.starts_with("GIF8")) return "image/gif";
  if (bytes.size() > 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP")
    return "image/webp";
  return {};
}

/// Empty for bytes that are no picture: a broken one says less than none.
std::string image_html(std::string_view bytes, std::string_view alternative) {
  const std::string_view type = media_type(bytes);
  if (type.empty()) return {};
  return "<img loading=\"lazy\" alt=\"" + escape_html(alternative) +
         "\" src=\"data:" + std::string(type) + ";base64," + base64(bytes) + "\">";
}

}  // namespace

HtmlReport::HtmlReport(HtmlReportOptions options) : options_(std::move(options)) {}

void HtmlReport::add_heading(std::string_view text, int level) {
  CW_CHECK(level == 2 || level == 3, "headings of a report have level 2 or 3");
  if (level == 3) {
    body_ += "<h3>" + escape_html(text) + "</h3>\n";
    return;
  }
  headings_.emplace_back("part-" + std::to_string(headings_.size() + 1), std::string(text));
  body_ += "<h2 id=\"" + headings_.back().first + "\">" + escape_html(text) + "</h2>\n";
}

void HtmlReport::add_text(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find("\n\n");
    const std::string_view paragraph = text.substr(0, end);
    if (paragraph.find_first_not_of(" \n\t") != std::string_view::npos)
      body_ += "<p>" + escape_html(paragraph) + "</p>\n";
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 2);
  }
}

void HtmlReport::add_code(std::string_view text) {
  body_ += "<pre><code>" + escape_html(text) + "</code></pre>\n";
}

void HtmlReport::add_facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  body_ += "<dl class=\"facts\">";
  for (const auto& [name, value] : facts)
    body_ += "<div><dt>" + escape_html(name) + "</dt><dd>" + escape_html(value) + "</dd></div>";
  body_ += "</dl>\n";
}

void HtmlReport::add_badges(const std::vector<Badge>& badges) {
  body_ += "<p>";
  for (const Badge& badge : badges) body_ += badge_html(badge);
  body_ += "</p>\n";
}

void HtmlReport::add_table(const Table& table) { body_ += table_html(table); }

fs::path HtmlReport::chart_script() const {
  return options_.chart_script.empty() ? find_chart_script() : options_.chart_script;
}

void HtmlReport::add_chart(const LineChart& chart) {
  std::string json = chart_json(chart);
  body_ += "<figure class=\"chart\"><figcaption>" + escape_html(chart.title) + "</figcaption>";
  std::error_code error;
  if (!fs::is_regular_file(chart_script(), error)) {
    add_table(last_values(chart));
    body_ +=
        "<p class=\"note\">The curve needs Chart.js (Debian: libjs-chart.js), which was not found "
        "when this page was written.</p>";
  } else {
    charts_.push_back(std::move(json));
    body_ += "<div class=\"canvas\"><canvas id=\"chart-" + std::to_string(charts_.size()) +
             "\" role=\"img\" aria-label=\"" + escape_html(chart.title) + "\"></canvas></div>";
  }
  body_ += "</figure>\n";
}

void HtmlReport::add_bars(const BarChart& chart) { body_ += bars_html(chart); }
void HtmlReport::add_intervals(const IntervalChart& chart) { body_ += intervals_html(chart); }

void HtmlReport::add_gallery(const std::vector<Card>& cards) {
  body_ += "<div class=\"gallery\">\n";
  for (const Card& card : cards) {
    body_ += "<article class=\"card\">";
    if (!card.title.empty()) body_ += "<h4>" + escape_html(card.title) + "</h4>";
    body_ += image_html(card.picture, card.title);
    for (const CardLine& line : card.lines) {
      body_ += "<p class=\"line\">";
      if (!line.label.empty())
        body_ += "<span class=\"label\">" + escape_html(line.label) + "</span>";
      body_ += escape_html(line.text);
      if (!line.badges.empty()) {
        body_ += "<span class=\"badges\">";
        for (const Badge& badge : line.badges) body_ += badge_html(badge);
        body_ += "</span>";
      }
      body_ += "</p>";
    }
    if (!card.neighbours.empty()) {
      if (!card.neighbours_title.empty())
        body_ += "<span class=\"label\">" + escape_html(card.neighbours_title) + "</span>";
      body_ += "<div class=\"neighbours\">";
      for (const Picture& neighbour : card.neighbours) {
        body_ += "<figure>" + image_html(neighbour.bytes, neighbour.caption) + "<figcaption>" +
                 escape_html(neighbour.caption) + "</figcaption></figure>";
      }
      body_ += "</div>";
    }
    body_ += "</article>\n";
  }
  body_ += "</div>\n";
}

void HtmlReport::begin_section(std::string_view title, bool open) {
  ++open_sections_;
  body_ += std::string("<details") + (open ? " open" : "") + "><summary>" + escape_html(title) +
           "</summary><div class=\"inside\">\n";
}

void HtmlReport::end_section() {
  CW_CHECK(open_sections_ > 0, "end_section without begin_section");
  --open_sections_;
  body_ += "</div></details>\n";
}

std::string HtmlReport::contents() const {
  if (headings_.size() < 3) return {};
  std::string list = "<nav aria-label=\"Contents\">";
  for (const auto& [anchor, text] : headings_)
    list += "<a href=\"#" + anchor + "\">" + escape_html(text) + "</a>";
  return list + "</nav>\n";
}

std::string HtmlReport::html() const {
  CW_CHECK(open_sections_ == 0, "every section of a report is ended");
  const std::string title = escape_html(options_.title);
  std::string page = "<!DOCTYPE html>\n<html lang=\"" + escape_html(options_.language) +
                     "\">\n<head>\n<meta charset=\"utf-8\">\n";
  // The page needs nothing from outside, and captions are untrusted: the browser is told to fetch
  // nothing.
  page +=
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n";
  page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
          title + "</title>\n<style>";
  page += kPageStyle;
  page += "</style>\n</head>\n<body>\n<main>\n<h1>" + title + "</h1>\n" + contents() + body_ +
          "</main>\n" + (charts_.empty() ? std::string() : chart_scripts(charts_, chart_script())) +
          "</body>\n</html>\n";
  return page;
}

void HtmlReport::write(const std::filesystem::path& path) const { write_file(path, html()); }

}  // namespace clipwright::report
