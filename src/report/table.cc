#include "report/table.h"

#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "report/escape.h"

namespace clipwright::report {
namespace {

std::string decimal(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return std::isfinite(value) ? text : "\xE2\x80\x93";
}

const char* tone_class(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "good";
    case Tone::kWarning:
      return "warning";
    case Tone::kBad:
      return "bad";
    case Tone::kPlain:
      break;
  }
  return "";
}

bool better(double a, double b, Best best) { return best == Best::kHighest ? a > b : a < b; }

/// Which cells are set bold. Ties are all best; a lone number is not.
std::vector<std::vector<bool>> best_cells(const Table& table) {
  std::vector<std::vector<bool>> best(table.rows.size(),
                                      std::vector<bool>(table.columns.size(), false));
  const size_t lines = table.best_in_row ? table.rows.size() : table.columns.size();
  const size_t length = table.best_in_row ? table.columns.size() : table.rows.size();
  for (size_t line = 0; line < lines; ++line) {
    const auto place = [&](size_t i) {
      return table.best_in_row ? std::pair(line, i) : std::pair(i, line);
    };
    std::optional<double> winner;
    int candidates = 0;
    for (size_t i = 0; i < length; ++i) {
      const auto [row, column] = place(i);
      const Cell& cell = table.rows[row][column];
      const Best wanted = table.columns[column].best;
      if (wanted == Best::kNone || !cell.value || !std::isfinite(*cell.value)) continue;
      ++candidates;
      if (!winner || better(*cell.value, *winner, wanted)) winner = cell.value;
    }
    for (size_t i = 0; candidates > 1 && i < length; ++i) {
      const auto [row, column] = place(i);
      const Cell& cell = table.rows[row][column];
      best[row][column] =
          table.columns[column].best != Best::kNone && cell.value && *cell.value == *winner;
    }
  }
  return best;
}

/// Figures are set to the right so that digits line up.
bool is_numeric(const Table& table, size_t column) {
  bool any = false;
  for (const auto& row : table.rows) {
    const std::string& text = row[column].text;
    if (text.empty()) continue;
    const bool digit = text.find_first_of("0123456789") != std::string::npos;
    const bool letter =
        text.find_first_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
        std::string::npos;
    if (!row[column].value && (!digit || letter)) return false;
    any = true;
  }
  return any;
}

}  // namespace

Cell Cell::number(double value, int digits) {
  Cell cell(decimal(value, digits));
  cell.value = value;
  return cell;
}

Cell Cell::spread(double mean, double deviation, int digits) {
  Cell cell(decimal(mean, digits) + " \xC2\xB1 " + decimal(deviation, digits));
  cell.value = mean;
  return cell;
}

Cell Cell::difference(double mean, double deviation, int digits, bool higher_is_better) {
  const std::string size = decimal(std::fabs(mean), digits);
  Cell cell((mean < 0 ? "\xE2\x88\x92" : "+") + size + " \xC2\xB1 " + decimal(deviation, digits));
  if (std::isfinite(mean) && std::fabs(mean) > deviation)
    cell.tone = (mean > 0) == higher_is_better ? Tone::kGood : Tone::kBad;
  return cell;
}

std::string table_html(const Table& table) {
  for (const auto& row : table.rows)
    CW_CHECK(row.size() == table.columns.size(),
             "a table row has as many cells as the table has columns");
  const auto best = best_cells(table);
  std::vector<bool> numeric;
  for (size_t column = 0; column < table.columns.size(); ++column)
    numeric.push_back(is_numeric(table, column));
  std::string html = "<div class=\"wide\"><table>\n";
  if (!table.caption.empty()) html += "<caption>" + escape_html(table.caption) + "</caption>\n";
  html += "<thead><tr>";
  for (size_t column = 0; column < table.columns.size(); ++column) {
    html += numeric[column] ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">";
    html += escape_html(table.columns[column].name) + "</th>";
  }
  html += "</tr></thead>\n<tbody>\n";
  for (size_t row = 0; row < table.rows.size(); ++row) {
    html += "<tr>";
    for (size_t column = 0; column < table.columns.size(); ++column) {
      const Cell& cell = table.rows[row][column];
      std::string classes = numeric[column] ? "number" : "";
      if (cell.tone != Tone::kPlain)
        classes += (classes.empty() ? "" : " ") + std::string(tone_class(cell.tone));
      const std::string tag = column == 0 && !numeric[0] ? "th" : "td";
      html += "<" + tag + (tag == "th" ? " scope=\"row\"" : "") +
              (classes.empty() ? "" : " class=\"" + classes + "\"") + ">";
      const std::string text = escape_html(cell.text);
      html += best[row][column] ? "<strong>" + text + "</strong>" : text;
      html += "</" + tag + ">";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace clipwright::report
