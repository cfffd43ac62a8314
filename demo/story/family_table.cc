#include "demo/story/family_table.h"

#include <cstdio>

#include "core/log.h"

namespace clipwright::demo::story {
namespace {

std::string one_digit(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

/// Means over the seeds of an arm.
struct Cost {
  double steps = 0, seconds = 0;
};
Cost cost_of(const DemoReport& report, const std::string& arm, bool equal_time) {
  Cost cost;
  int count = 0;
  for (size_t i = 0; i < report.twins.size() && i < report.training.size(); ++i) {
    const Twin& twin = report.twins[i];
    if (twin.arm.title != arm || twin.equal_time != equal_time) continue;
    cost.steps += static_cast<double>(twin.steps);
    cost.seconds += report.training[i].value("seconds", 0.0);
    ++count;
  }
  return count == 0 ? cost : Cost{cost.steps / count, cost.seconds / count};
}

std::string table_of(const DemoReport& report, const Comparison& comparison, bool equal_time) {
  std::string head = "| arm | steps | seconds |", rule = "|---|---|---|";
  for (const ComparedMetric& metric : comparison.metrics) {
    head += " " + metric.title + ", " + std::to_string(metric.pictures) + " pictures (chance " +
            one_digit(metric.chance) + ") | minus " + comparison.arms[0] + " |";
    rule += "---|---|";
  }
  std::string text = head + "\n" + rule + "\n";
  for (size_t a = 0; a < comparison.arms.size(); ++a) {
    Cost cost = cost_of(report, comparison.arms[a], equal_time);
    // The longest arm sets the time and is not trained again.
    if (cost.steps == 0) cost = cost_of(report, comparison.arms[a], false);
    char line[96];
    std::snprintf(line, sizeof line, " | %.0f | %.0f |", cost.steps, cost.seconds);
    text += "| " + comparison.arms[a] + line;
    for (const ComparedMetric& metric : comparison.metrics) {
      text += " " + one_digit(metric.mean[a]) +
              (comparison.seeds > 1 ? " ± " + one_digit(metric.deviation[a]) : "") + " | " +
              (a == 0 ? "" : metric.difference[a - 1].text()) + " |";
    }
    text += "\n";
  }
  return text;
}

}  // namespace

std::string family_table(const DemoReport& report) {
  std::string text = report.data_line + "\n\nPer cent; mean and standard deviation over " +
                     std::to_string(report.comparison.seeds) +
                     (report.comparison.seeds == 1 ? " seed" : " seeds") +
                     ", 95 % bootstrap intervals of the paired difference.\n\nEqual steps, batch " +
                     "and pictures:\n\n" + table_of(report, report.comparison, false);
  if (report.equal_time) text += "\nEqual time:\n\n" + table_of(report, *report.equal_time, true);
  return text;
}

}  // namespace clipwright::demo::story
