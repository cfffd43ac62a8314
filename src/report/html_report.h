// One self-contained HTML page: text, tables, line charts, picture galleries. Opens offline, in
// light and dark; every text is escaped, nothing is fetched.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clipwright::report {

enum class Tone { kPlain, kGood, kWarning, kBad };

/// A short word on a coloured ground: a verdict, a flag.
struct Badge {
  std::string text;
  Tone tone = Tone::kPlain;
};

/// A table cell: text, or a number that takes part in "best of the column".
struct Cell {
  std::string text;
  std::optional<double> value;
  Tone tone = Tone::kPlain;
  Cell(std::string text) : text(std::move(text)) {}
  Cell(const char* text) : text(text) {}
  /// Shown with `digits` decimals.
  static Cell number(double value, int digits = 1);
  /// "58.5 ± 0.4": mean and spread over seeds.
  static Cell spread(double mean, double deviation, int digits = 1);
  /// "+3.2 ± 0.4", green when better, red when worse, plain when the interval holds zero. Never
  /// marked as best.
  static Cell difference(double mean, double deviation, int digits = 1,
                         bool higher_is_better = true);
};

enum class Best { kNone, kHighest, kLowest };

struct Column {
  std::string name;
  Best best = Best::kNone;  ///< the best number of the column is set bold
};

struct Table {
  std::string caption;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  ///< each as long as `columns`
  /// Where the best is sought: down a column, or along each row among the columns that have `best`
  /// set.
  bool best_in_row = false;
};

struct Series {
  std::string name;
  std::vector<double> x, y;          ///< equally long; NaN leaves a gap
  std::vector<double> lower, upper;  ///< optional band around y, as long as x
};

struct LineChart {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool logarithmic_y = false;
};

/// A histogram: groups of bars side by side, one bar a series. Drawn without a script.
struct BarChart {
  struct BarSeries {
    std::string name;
    std::vector<double> heights;  ///< as many as `labels`
    std::vector<Tone> tones;      ///< of each bar; empty: the series' own colour
  };
  std::string title, x_label, y_label;
  std::vector<std::string> labels;  ///< below each group; empty ones leave a gap
  std::vector<std::string> places;  ///< what a bar's tip calls its group; empty: the labels
  std::vector<BarSeries> series;
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
  /// Chart.js, put into the page when it has charts. Empty: $CLIPWRIGHT_CHART_JS, or Debian's
  /// libjs-chart.js. Without the file charts become tables of their values.
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
  std::string chart_code() const;

  HtmlReportOptions options_;
  std::string body_;
  std::vector<std::pair<std::string, std::string>> headings_;  // anchor, text
  std::string charts_;                                         // JSON objects, comma-separated
  int chart_count_ = 0, open_sections_ = 0;
};

/// For text and attribute values: & < > " ' escaped, control characters and invalid UTF-8 replaced.
std::string escape_html(std::string_view text);
std::string base64(std::string_view bytes);

}  // namespace clipwright::report
