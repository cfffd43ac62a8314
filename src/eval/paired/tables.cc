#include "eval/paired/tables.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "core/log.h"

namespace clipwright::eval::paired {
namespace {

constexpr const char* kMinus = "\xE2\x88\x92";
constexpr const char* kNone = "\xE2\x80\x93";

std::string decimal(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", std::abs(100 * share));
  return text;
}

std::string with_sign(double share) {
  const std::string digits = decimal(share);
  if (digits == "0.0") return digits;
  return (share < 0 ? kMinus : "+") + digits;
}

/// As few digits as read back to the same number.
std::string exact(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return {};
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, *value).ptr;
  return {text, end};
}

std::vector<const ComparedMetric*> columns_of(const Comparison& comparison) {
  std::vector<const ComparedMetric*> columns;
  for (const ComparedMetric& row : comparison.metrics) {
    if (row.main) columns.push_back(&row);
  }
  if (comparison.average) columns.push_back(&*comparison.average);
  return columns;
}

/// What the table shows of an arm, so that the best is the best that is seen.
std::string value_text(const ComparedMetric& row, size_t arm, bool several_runs) {
  if (!row.values[arm]) return kNone;
  return (*row.values[arm] < 0 ? kMinus : "") + decimal(*row.values[arm]) +
         (several_runs ? " \xC2\xB1 " + decimal(row.deviations[arm]) : "");
}

/// Arms whose shown number is the largest; none where only one has a number.
std::vector<bool> best_arms(const ComparedMetric& row) {
  std::vector<bool> best(row.values.size());
  const auto shown = [&](size_t arm) { return std::round(1000 * *row.values[arm]); };
  std::optional<double> most;
  int candidates = 0;
  for (size_t a = 0; a < best.size(); ++a) {
    if (!row.values[a]) continue;
    ++candidates;
    most = most ? std::max(*most, shown(a)) : shown(a);
  }
  for (size_t a = 0; a < best.size() && candidates > 1; ++a)
    best[a] = row.values[a] && shown(a) == *most;
  return best;
}

bool several_runs(const Comparison& comparison) { return comparison.runs[0] > 1; }

std::string average_note(const Comparison& comparison) {
  if (!comparison.average) return {};
  return " The average is the unweighted mean over the " +
         std::to_string(comparison.average_sets.size()) + " sets that all have.";
}

}  // namespace

std::string interval_text(const std::optional<scores::PairedDifference>& difference) {
  if (!difference) return kNone;
  return with_sign(difference->difference) + " [" + with_sign(difference->low) + ", " +
         with_sign(difference->high) + "]";
}

TextTable scores_table(const Comparison& comparison) {
  TextTable table{.caption = "Main metric of each set, per cent." + average_note(comparison),
                  .columns = {"model"}};
  const auto columns = columns_of(comparison);
  std::vector<std::vector<bool>> best;
  for (const ComparedMetric* column : columns) {
    table.columns.push_back(column->set);
    best.push_back(best_arms(*column));
  }
  for (size_t a = 0; a < comparison.arms.size(); ++a) {
    std::vector<TextCell> row = {comparison.arms[a]};
    for (size_t c = 0; c < columns.size(); ++c)
      row.emplace_back(value_text(*columns[c], a, several_runs(comparison)), best[c][a]);
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable differences_table(const Comparison& comparison) {
  TextTable table{.caption = "Difference to " + comparison.arms[0] +
                             " in points, with 95 % intervals (paired bootstrap over samples" +
                             (several_runs(comparison) ? " and runs)." : ")."),
                  .columns = {"model"}};
  const auto columns = columns_of(comparison);
  for (const ComparedMetric* column : columns) table.columns.push_back(column->set);
  for (size_t a = 1; a < comparison.arms.size(); ++a) {
    std::vector<TextCell> row = {comparison.arms[a]};
    for (const ComparedMetric* column : columns)
      row.emplace_back(interval_text(column->differences[a]));
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable metrics_table(const Comparison& comparison) {
  TextTable table{.caption =
                      "Per cent; differences in points with 95 % intervals (paired "
                      "bootstrap over samples" +
                      std::string(several_runs(comparison) ? " and runs)." : ").") +
                      average_note(comparison),
                  .columns = {"set", "metric", "samples"}};
  const auto& arms = comparison.arms;
  table.columns.insert(table.columns.end(), arms.begin(), arms.end());
  for (size_t a = 1; a < arms.size(); ++a)
    table.columns.push_back(arms[a] + " " + kMinus + " " + arms[0]);
  std::vector<const ComparedMetric*> rows;
  for (const ComparedMetric& row : comparison.metrics) rows.push_back(&row);
  if (comparison.average) rows.push_back(&*comparison.average);
  for (const ComparedMetric* metric : rows) {
    std::vector<TextCell> row = {metric->set, metric->metric,
                                 metric->samples > 0 ? with_commas(metric->samples) : kNone};
    const std::vector<bool> best = best_arms(*metric);
    for (size_t a = 0; a < arms.size(); ++a)
      row.emplace_back(value_text(*metric, a, several_runs(comparison)), best[a]);
    for (size_t a = 1; a < arms.size(); ++a)
      row.emplace_back(interval_text(metric->differences[a]));
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable classes_table(const Comparison& comparison, const ComparedMetric& metric, size_t most) {
  const auto& arms = comparison.arms;
  TextTable table{
      .caption = metric.set +
                 (metric.metric == "mean_average_precision" ? ": average precision of each class"
                                                            : ": accuracy within each class") +
                 ", per cent; differences in points with 95 % intervals.",
      .columns = {"class", "samples"}};
  table.columns.insert(table.columns.end(), arms.begin(), arms.end());
  for (size_t a = 1; a < arms.size(); ++a)
    table.columns.push_back(arms[a] + " " + kMinus + " " + arms[0]);
  std::vector<size_t> order(metric.classes.size());
  std::iota(order.begin(), order.end(), 0);
  // The largest change in either direction says where a class belongs.
  const auto change = [&](size_t i) {
    double largest = 0;
    for (const auto& difference : metric.classes[i].differences) {
      if (difference && std::abs(difference->difference) > std::abs(largest))
        largest = difference->difference;
    }
    return largest;
  };
  if (most > 0) {
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return change(a) > change(b); });
    if (order.size() > 2 * most) {
      table.caption += " The " + std::to_string(most) + " that gained and the " +
                       std::to_string(most) + " that lost most, of " +
                       std::to_string(order.size()) + ".";
      order.erase(order.begin() + static_cast<long>(most), order.end() - static_cast<long>(most));
    }
  }
  for (const size_t i : order) {
    const ComparedClass& of_class = metric.classes[i];
    std::vector<TextCell> row = {of_class.name, with_commas(of_class.samples)};
    for (const double value : of_class.values)
      row.emplace_back(std::isfinite(value) ? decimal(value) : kNone);
    for (size_t a = 1; a < arms.size(); ++a)
      row.emplace_back(interval_text(of_class.differences[a]));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string scores_csv(const Comparison& comparison) {
  TextTable table{.columns = {"model"}};
  const auto columns = columns_of(comparison);
  for (const ComparedMetric* column : columns) table.columns.push_back(column->set);
  for (size_t a = 0; a < comparison.arms.size(); ++a) {
    std::vector<TextCell> row = {comparison.arms[a]};
    for (const ComparedMetric* column : columns) row.emplace_back(exact(column->values[a]));
    table.rows.push_back(std::move(row));
  }
  return to_csv(table);
}

std::string comparison_csv(const Comparison& comparison) {
  TextTable table{.columns = {"set", "metric", "class", "arm", "samples", "value", "deviation",
                              "difference", "low", "high"}};
  const auto add = [&](const ComparedMetric& row, const std::string& of_class, int64_t samples,
                       size_t arm, std::optional<double> value, double deviation,
                       const Differences& differences) {
    const auto& difference = differences[arm];
    const auto part = [&](double scores::PairedDifference::*field) {
      return difference ? exact((*difference).*field) : std::string();
    };
    table.rows.push_back({row.set, row.metric, of_class, comparison.arms[arm],
                          samples > 0 ? std::to_string(samples) : std::string(), exact(value),
                          comparison.runs[arm] > 1 && of_class.empty() ? exact(deviation) : "",
                          part(&scores::PairedDifference::difference),
                          part(&scores::PairedDifference::low),
                          part(&scores::PairedDifference::high)});
  };
  std::vector<const ComparedMetric*> rows;
  for (const ComparedMetric& row : comparison.metrics) rows.push_back(&row);
  if (comparison.average) rows.push_back(&*comparison.average);
  for (const ComparedMetric* row : rows) {
    for (size_t a = 0; a < comparison.arms.size(); ++a)
      add(*row, "", row->samples, a, row->values[a], row->deviations[a], row->differences);
    for (const ComparedClass& of_class : row->classes) {
      for (size_t a = 0; a < comparison.arms.size(); ++a)
        add(*row, of_class.name, of_class.samples, a, of_class.values[a], 0, of_class.differences);
    }
  }
  return to_csv(table);
}

std::string to_markdown(const Comparison& comparison) {
  std::string text = to_markdown(metrics_table(comparison));
  for (const ComparedMetric& metric : comparison.metrics) {
    if (!metric.classes.empty()) text += "\n" + to_markdown(classes_table(comparison, metric, 10));
  }
  return text;
}

}  // namespace clipwright::eval::paired
