#include "report/chart.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"

namespace clipwright::report {
namespace {

// More points than pixels only make the page heavy.
constexpr size_t kMostPoints = 800;

/// JSON inside <script>: "</script>" and "<!--" must not appear.
std::string script_safe(std::string json) {
  std::string safe;
  for (char c : json) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe.push_back(c);
    }
  }
  return safe;
}

Json value_or_gap(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json points(const std::vector<double>& x, const std::vector<double>& y) {
  Json list = Json::array();
  const size_t stride = std::max<size_t>(1, (x.size() + kMostPoints - 1) / kMostPoints);
  for (size_t i = 0; i < x.size(); i += stride)
    list.push_back({value_or_gap(x[i]), value_or_gap(y[i])});
  if (!x.empty() && (x.size() - 1) % stride != 0)
    list.push_back({value_or_gap(x.back()), value_or_gap(y.back())});
  return list;
}

// Reads the JSON block, gives every series a colour, follows the page's light or dark.
constexpr std::string_view kDrawCharts = R"js(
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const colours = ["#3b6fd4", "#d9772b", "#2f9e63", "#a24fc2", "#c93f55", "#128a9e", "#8a7a1f", "#6b7280"];
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink-2").trim(), line = style.getPropertyValue("--line").trim();
  Chart.defaults.color = ink;
  Chart.defaults.borderColor = line;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 13;
  charts.forEach((chart, at) => {
    const sets = [];
    chart.series.forEach((series, i) => {
      const colour = colours[i % colours.length];
      const at = points => points.map(([x, y]) => ({x, y}));
      sets.push({label: series.name, data: at(series.points), borderColor: colour, backgroundColor: colour, borderWidth: 2,
                 pointRadius: series.points.length > 24 ? 0 : 3, pointHitRadius: 8, tension: 0});
      if (series.lower) {
        sets.push({band: true, data: at(series.lower), borderWidth: 0, pointRadius: 0, pointHitRadius: 0});
        sets.push({band: true, data: at(series.upper), borderWidth: 0, pointRadius: 0, pointHitRadius: 0, fill: "-1",
                   backgroundColor: colour + "2e"});
      }
    });
    new Chart(document.getElementById("chart-" + (at + 1)), {
      type: "line",
      data: {datasets: sets},
      options: {
        animation: false, parsing: false, normalized: false, responsive: true, maintainAspectRatio: false,
        interaction: {mode: "nearest", axis: "x", intersect: false},
        plugins: {
          legend: {labels: {boxWidth: 14, boxHeight: 2, filter: item => !sets[item.datasetIndex].band}, position: "top", align: "start"},
          tooltip: {filter: item => !item.dataset.band}
        },
        scales: {
          x: {type: "linear", title: {display: chart.x_label !== "", text: chart.x_label}, grid: {display: false}},
          y: {type: chart.logarithmic_y ? "logarithmic" : "linear", title: {display: chart.y_label !== "", text: chart.y_label}}
        }
      }
    });
  });
})();
)js";

}  // namespace

fs::path find_chart_script() {
  if (const char* chosen = std::getenv("CLIPWRIGHT_CHART_JS")) return chosen;
  const fs::path folder = "/usr/share/javascript/chart.js";
  std::error_code error;
  for (const char* name : {"chart.min.js", "chart.umd.js", "Chart.min.js", "chart.js"}) {
    if (fs::is_regular_file(folder / name, error)) return folder / name;
  }
  return {};
}

std::string chart_json(const LineChart& chart) {
  Json json = {{"x_label", chart.x_label},
               {"y_label", chart.y_label},
               {"logarithmic_y", chart.logarithmic_y},
               {"series", Json::array()}};
  for (const Series& series : chart.series) {
    CW_CHECK(series.x.size() == series.y.size(), "a chart's series has as many x as y");
    CW_CHECK(series.lower.size() == series.upper.size() &&
                 (series.lower.empty() || series.lower.size() == series.x.size()),
             "a chart's band is as long as its series");
    Json entry = {{"name", series.name}, {"points", points(series.x, series.y)}};
    if (!series.lower.empty()) {
      entry["lower"] = points(series.x, series.lower);
      entry["upper"] = points(series.x, series.upper);
    }
    json["series"].push_back(std::move(entry));
  }
  return script_safe(to_line(json));
}

Table last_values(const LineChart& chart) {
  Table last{.caption = chart.title + ": last values",
             .columns = {{"series"},
                         {chart.x_label.empty() ? "x" : chart.x_label},
                         {chart.y_label.empty() ? "y" : chart.y_label}},
             .rows = {}};
  for (const Series& series : chart.series) {
    if (!series.x.empty())
      last.rows.push_back(
          {series.name, Cell::number(series.x.back(), 0), Cell::number(series.y.back(), 4)});
  }
  return last;
}

std::string chart_scripts(const std::vector<std::string>& charts, const fs::path& library) {
  std::string script = read_file(library);
  // A library that ended its own script element would break the page.
  for (size_t at = 0; (at = script.find("</script", at)) != std::string::npos;)
    script.replace(at, 2, "<\\/");
  std::string code = "<script type=\"application/json\" id=\"charts\">[";
  for (size_t i = 0; i < charts.size(); ++i) code += (i == 0 ? "" : ",\n") + charts[i];
  code += "]</script>\n<script>\n" + script + "\n</script>\n<script>";
  code += kDrawCharts;
  return code + "</script>\n";
}

}  // namespace clipwright::report
