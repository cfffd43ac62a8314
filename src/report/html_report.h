// One self-contained HTML page: text, tables, line charts, picture galleries. Opens offline, in
// light and dark; every text is escaped, nothing is fetched.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/bars.h"
#include "report/chart.h"
#include "report/intervals.h"
#include "report/table.h"

namespace clipwright::report {

/// A short word on a coloured ground: a verdict, a flag.
struct Badge {
  std::string text;
  Tone tone = Tone::kPlain;
};

/// A picture as it is stored in a file (PNG, JPEG, WebP, GIF), embedded as it is.
struct Picture {
  std::string bytes;
  std::string caption;  ///< below the picture; may be empty
};

/// A line of a card: "caption", "a candle flickering", badges.
struct CardLine {
  std::string label, text;
  std::vector<Badge> badges;
};

/// A picture (or none) with what is said about it and what was found near it.
struct Card {
  std::string title;
  std::string picture;  ///< encoded bytes; may be empty
  std::vector<CardLine> lines;
  std::string neighbours_title;
  std::vector<Picture> neighbours;
};

struct HtmlReportOptions {
  std::string title;
  std::string language = "en";
  /// Chart.js, put into the page when it has charts. Empty: `find_chart_script`. Without the file
  /// charts become tables of their values.
  std::filesystem::path chart_script;
};

class HtmlReport {
 public:
  explicit HtmlReport(HtmlReportOptions options);

  /// `level` 2 or 3; the page's title is level 1. Level 2 headings form the contents list.
  void add_heading(std::string_view text, int level = 2);
  /// Plain text; empty lines separate paragraphs.
  void add_text(std::string_view text);
  /// Fixed-width text: a command, a log.
  void add_code(std::string_view text);
  /// "name: value" facts side by side, the large figures of a page.
  void add_facts(const std::vector<std::pair<std::string, std::string>>& facts);
  void add_badges(const std::vector<Badge>& badges);
  void add_table(const Table& table);
  void add_chart(const LineChart& chart);
  void add_bars(const BarChart& chart);
  void add_intervals(const IntervalChart& chart);
  void add_gallery(const std::vector<Card>& cards);
  /// What follows is folded away under `title` until end_section. Sections nest.
  void begin_section(std::string_view title, bool open = false);
  void end_section();

  /// The whole page.
  std::string html() const;
  /// Writes the page atomically. Throws Error(kFailed).
  void write(const std::filesystem::path& path) const;

 private:
  std::string contents() const;
  std::filesystem::path chart_script() const;

  HtmlReportOptions options_;
  std::string body_;
  std::vector<std::pair<std::string, std::string>> headings_;  // anchor, text
  std::vector<std::string> charts_;                            // JSON objects
  int open_sections_ = 0;
};

}  // namespace clipwright::report
