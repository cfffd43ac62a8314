#include "bench/measurement.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "core/error.h"

namespace clipwright::bench {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value >= 100 ? "%.0f" : "%.3g", value);
  return text;
}

}  // namespace

double median(std::vector<double> values) {
  CW_CHECK(!values.empty(), "a median needs values");
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string format_measurements(const std::vector<Measurement>& measurements,
                                const std::string& format) {
  std::string text;
  if (format == "md")
    text =
        "| benchmark | mode | median | smallest | largest | unit | runs "
        "|\n|---|---|---|---|---|---|---|\n";
  if (format == "csv") text = "benchmark,mode,median,smallest,largest,unit,runs\n";
  if (format != "md" && format != "csv" && format != "json")
    fail_usage("output format '" + format + "'", "md, csv or json");
  for (const Measurement& m : measurements) {
    const auto [least, most] = std::minmax_element(m.runs.begin(), m.runs.end());
    if (format == "json") {
      text += to_line({{"name", m.name},
                       {"mode", m.mode},
                       {"unit", m.unit},
                       {"median", median(m.runs)},
                       {"runs", m.runs},
                       {"check", m.check}}) +
              "\n";
      continue;
    }
    const std::vector<std::string> cells = {
        m.name,        m.mode, number(median(m.runs)),       number(*least),
        number(*most), m.unit, std::to_string(m.runs.size())};
    text += format == "md" ? "|" : "";
    for (size_t i = 0; i < cells.size(); ++i) {
      text += format == "md" ? " " + cells[i] + " |"
                             : (i > 0 ? "," : "") + (cells[i].find(',') == std::string::npos
                                                         ? cells[i]
                                                         : "\"" + cells[i] + "\"");
    }
    text += "\n";
  }
  return text;
}

}  // namespace clipwright::bench
