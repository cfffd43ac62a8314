#include "report/comparison_page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "core/log.h"
#include "core/words.h"
#include "report/html_report.h"

namespace clipwright::report {
namespace {

constexpr const char* kMinus = "\xE2\x88\x92";
constexpr const char* kNone = "\xE2\x80\x93";
constexpr size_t kMostClasses = 10;   // from each end of a table of classes
constexpr size_t kLabelledBars = 16;  // more sets than this would print their names over each other

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  for (const Json& text : list) texts.push_back(text.get<std::string>());
  return texts;
}

std::string signed_text(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", std::abs(100 * share));
  if (std::string_view(text) == "0.0") return text;
  return (share < 0 ? kMinus : "+") + std::string(text);
}

/// "+1.2 [−0.3, +2.7]", coloured where the interval excludes zero.
Cell difference_cell(const Json& difference) {
  if (difference.is_null()) return kNone;
  const double low = difference["low"], high = difference["high"];
  Cell cell(signed_text(difference["difference"]) + " [" + signed_text(low) + ", " +
            signed_text(high) + "]");
  if (low > 0) cell.tone = Tone::kGood;
  if (high < 0) cell.tone = Tone::kBad;
  return cell;
}

class ComparisonPage {
 public:
  explicit ComparisonPage(const Json& comparison)
      : comparison_(comparison),
        arms_(texts_of(comparison["arms"])),
        suite_(comparison.value("suite", std::string())),
        page_({.title = suite_.empty() ? "Comparison" : "Suite " + suite_}) {
    for (const Json& row : comparison["metrics"]) {
      if (row["main"].get<bool>()) main_.push_back(&row);
    }
  }

  void write(const std::filesystem::path& path) {
    summary();
    scores();
    differences();
    other_metrics();
    classes();
    not_evaluated();
    method();
    page_.write(path);
  }

 private:
  bool several_runs() const { return comparison_["runs"][0].get<int>() > 1; }
  bool has_average() const { return !comparison_["average"].is_null(); }

  /// The sets, then their average.
  std::vector<const Json*> with_average() const {
    std::vector<const Json*> rows = main_;
    if (has_average()) rows.push_back(&comparison_["average"]);
    return rows;
  }

  Cell value_cell(const Json& row, size_t arm) const {
    if (row["values"][arm].is_null()) return kNone;
    const double value = 100 * row["values"][arm].get<double>();
    return several_runs() ? Cell::spread(value, 100 * row["deviations"][arm].get<double>())
                          : Cell::number(value);
  }

  void summary() {
    std::vector<std::pair<std::string, std::string>> facts = {
        {"models", std::to_string(arms_.size())}, {"sets", std::to_string(main_.size())}};
    int64_t samples = 0;
    for (const Json* row : main_) samples += (*row)["samples"].get<int64_t>();
    facts.emplace_back("samples", with_commas(samples));
    if (several_runs())
      facts.emplace_back("runs a model", std::to_string(comparison_["runs"][0].get<int>()));
    if (has_average()) {
      const Json& values = comparison_["average"]["values"];
      size_t best = 0;
      for (size_t a = 1; a < arms_.size(); ++a) {
        if (values[a].get<double>() > values[best].get<double>()) best = a;
      }
      facts.emplace_back("best average: " + arms_[best], percent(values[best].get<double>()));
    }
    page_.add_facts(facts);
  }

  void scores() {
    page_.add_heading("Scores");
    // Sets down the page: a suite of fifteen is too wide for one, and names of sets are long.
    Table table{.caption = "Main metric, per cent; the best of each row is bold.",
                .columns = {{"set"}, {"metric"}, {"samples"}},
                .best_in_row = true};
    for (const std::string& arm : arms_) table.columns.push_back({arm, Best::kHighest});
    for (const Json* row : with_average()) {
      const int64_t samples = (*row)["samples"];
      std::vector<Cell> cells = {(*row)["set"].get<std::string>(),
                                 (*row)["metric"].get<std::string>(),
                                 samples > 0 ? with_commas(samples) : kNone};
      for (size_t a = 0; a < arms_.size(); ++a) cells.push_back(value_cell(*row, a));
      table.rows.push_back(std::move(cells));
    }
    page_.add_table(table);
    BarChart chart{.title = "Main metric of each set", .x_label = "set", .y_label = "%"};
    for (const Json* row : with_average()) {
      chart.places.push_back((*row)["set"].get<std::string>());
      chart.labels.push_back(with_average().size() <= kLabelledBars ? chart.places.back() : "");
    }
    for (size_t a = 0; a < arms_.size(); ++a) {
      BarChart::BarSeries series{.name = arms_[a]};
      for (const Json* row : with_average()) {
        const Json& value = (*row)["values"][a];
        series.heights.push_back(value.is_null() ? 0 : 100 * value.get<double>());
      }
      chart.series.push_back(std::move(series));
    }
    page_.add_bars(chart);
  }

  void differences() {
    if (arms_.size() < 2) return;
    page_.add_heading("Differences to " + arms_[0]);
    IntervalChart chart{.title = "Difference to " + arms_[0] + " with 95 % intervals",
                        .x_label = "points"};
    for (const Json* row : with_average()) chart.labels.push_back((*row)["set"].get<std::string>());
    for (size_t a = 1; a < arms_.size(); ++a) {
      IntervalChart::IntervalSeries series{.name = arms_[a]};
      for (const Json* row : with_average()) {
        const Json& difference = (*row)["differences"][a];
        if (difference.is_null()) {
          series.intervals.emplace_back(std::nullopt);
        } else {
          series.intervals.push_back(
              IntervalChart::Interval{.low = 100 * difference["low"].get<double>(),
                                      .middle = 100 * difference["difference"].get<double>(),
                                      .high = 100 * difference["high"].get<double>()});
        }
      }
      chart.series.push_back(std::move(series));
    }
    page_.add_intervals(chart);
    Table table{.caption = "Points; green and red where the 95 % interval excludes zero.",
                .columns = {{"set"}}};
    for (size_t a = 1; a < arms_.size(); ++a) table.columns.push_back({arms_[a]});
    for (const Json* row : with_average()) {
      std::vector<Cell> cells = {(*row)["set"].get<std::string>()};
      for (size_t a = 1; a < arms_.size(); ++a)
        cells.push_back(difference_cell((*row)["differences"][a]));
      table.rows.push_back(std::move(cells));
    }
    page_.add_table(table);
  }

  void other_metrics() {
    Table table{.columns = {{"set"}, {"metric"}}, .best_in_row = true};
    for (const std::string& arm : arms_) table.columns.push_back({arm, Best::kHighest});
    for (size_t a = 1; a < arms_.size(); ++a)
      table.columns.push_back({arms_[a] + " " + kMinus + " " + arms_[0]});
    for (const Json& row : comparison_["metrics"]) {
      if (row["main"].get<bool>()) continue;
      std::vector<Cell> cells = {row["set"].get<std::string>(), row["metric"].get<std::string>()};
      for (size_t a = 0; a < arms_.size(); ++a) cells.push_back(value_cell(row, a));
      for (size_t a = 1; a < arms_.size(); ++a)
        cells.push_back(difference_cell(row["differences"][a]));
      table.rows.push_back(std::move(cells));
    }
    if (table.rows.empty()) return;
    page_.add_heading("Other metrics");
    page_.add_table(table);
  }

  void classes() {
    bool any = false;
    for (const Json& row : comparison_["metrics"]) {
      if (!row.contains("classes") || arms_.size() < 2) continue;
      if (!any) page_.add_heading("Classes");
      page_.begin_section(
          row["set"].get<std::string>() + ": " + std::to_string(row["classes"].size()) + " classes",
          !any);
      any = true;
      class_curves(row);
      class_table(row);
      page_.end_section();
    }
    if (any) {
      page_.add_text(
          "Intervals of single classes rest on few samples, and one in twenty excludes zero by "
          "luck alone: read them as hints where to look.");
    }
  }

  /// All classes, sorted for each model by what they gained.
  void class_curves(const Json& row) {
    LineChart chart{
        .title = row["set"].get<std::string>() + ": classes by their difference to " + arms_[0],
        .x_label = "classes, the largest gain first",
        .y_label = "points"};
    for (size_t a = 1; a < arms_.size(); ++a) {
      std::vector<const Json*> list;
      for (const Json& of_class : row["classes"]) {
        if (!of_class["differences"][a].is_null()) list.push_back(&of_class["differences"][a]);
      }
      std::stable_sort(list.begin(), list.end(), [](const Json* one, const Json* other) {
        return (*one)["difference"].get<double>() > (*other)["difference"].get<double>();
      });
      Series series{.name = arms_[a]};
      for (const Json* difference : list) {
        series.x.push_back(static_cast<double>(series.x.size() + 1));
        series.y.push_back(100 * (*difference)["difference"].get<double>());
        series.lower.push_back(100 * (*difference)["low"].get<double>());
        series.upper.push_back(100 * (*difference)["high"].get<double>());
      }
      if (!list.empty()) chart.series.push_back(std::move(series));
    }
    if (!chart.series.empty()) page_.add_chart(chart);
  }

  static double largest_change(const Json& of_class) {
    double largest = 0;
    for (const Json& difference : of_class["differences"]) {
      if (difference.is_null()) continue;
      const double change = difference["difference"];
      if (std::abs(change) > std::abs(largest)) largest = change;
    }
    return largest;
  }

  void class_table(const Json& row) {
    std::vector<const Json*> list;
    for (const Json& of_class : row["classes"]) list.push_back(&of_class);
    std::stable_sort(list.begin(), list.end(), [](const Json* one, const Json* other) {
      return largest_change(*one) > largest_change(*other);
    });
    const bool precisions = row["metric"] == "mean_average_precision";
    Table table{.caption = std::string(precisions ? "Average precision of each class"
                                                  : "Accuracy within each class") +
                           ", per cent, and its difference in points.",
                .columns = {{"class"}, {"samples"}},
                .best_in_row = true};
    if (list.size() > 2 * kMostClasses) {
      table.caption += " The " + std::to_string(kMostClasses) + " that gained and the " +
                       std::to_string(kMostClasses) + " that lost most.";
      list.erase(list.begin() + kMostClasses, list.end() - kMostClasses);
    }
    for (const std::string& arm : arms_) table.columns.push_back({arm, Best::kHighest});
    for (size_t a = 1; a < arms_.size(); ++a)
      table.columns.push_back({arms_[a] + " " + kMinus + " " + arms_[0]});
    for (const Json* of_class : list) {
      std::vector<Cell> cells = {(*of_class)["name"].get<std::string>(),
                                 with_commas((*of_class)["samples"].get<int64_t>())};
      for (const Json& value : (*of_class)["values"])
        cells.push_back(value.is_null() ? Cell(kNone) : Cell::number(100 * value.get<double>()));
      for (size_t a = 1; a < arms_.size(); ++a)
        cells.push_back(difference_cell((*of_class)["differences"][a]));
      table.rows.push_back(std::move(cells));
    }
    page_.add_table(table);
  }

  void not_evaluated() {
    const Json missing = comparison_.value("missing", Json::array());
    const Json failed = comparison_.value("failed", Json::array());
    if (missing.empty() && failed.empty()) return;
    page_.add_heading("Not evaluated");
    if (!failed.empty()) {
      Table table{.caption = "Failed", .columns = {{"model"}, {"set"}, {"why"}}};
      for (const Json& entry : failed) {
        table.rows.push_back({entry["model"].get<std::string>(), entry["set"].get<std::string>(),
                              entry["why"].get<std::string>()});
      }
      page_.add_table(table);
    }
    if (!missing.empty()) {
      Table table{.caption = "Not on disk", .columns = {{"set"}, {"where it comes from"}}};
      for (const Json& entry : missing) {
        const auto text = entry.get<std::string>();
        const size_t colon = text.find(": ");
        table.rows.push_back(
            {text.substr(0, colon), colon == std::string::npos ? "" : text.substr(colon + 2)});
      }
      page_.add_table(table);
    }
  }

  void method() {
    page_.add_heading("How to read this");
    std::string text =
        "All numbers are per cent, differences are points. Intervals are 95 % percentile intervals "
        "of a paired bootstrap: samples are drawn with replacement, the same ones for both models";
    text += several_runs() ? ", and runs too." : ".";
    if (has_average()) {
      text += " The average is the unweighted mean of the main metrics of the " +
              std::to_string(comparison_["average_sets"].size()) +
              " sets that all models have, as papers report it.";
    }
    if (!several_runs()) {
      text +=
          "\n\nEach model is one training run: the intervals say how far the choice of samples "
          "decides, not how far another seed of the same recipe would.";
    }
    page_.add_text(text);
  }

  const Json& comparison_;
  std::vector<std::string> arms_;
  std::string suite_;
  HtmlReport page_;
  std::vector<const Json*> main_;
};

}  // namespace

void write_comparison_page(const Json& comparison, const std::filesystem::path& path) {
  ComparisonPage(comparison).write(path);
}

}  // namespace clipwright::report
