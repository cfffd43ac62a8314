#include "eval/paired/text_table.h"

#include "data/files/csv.h"

namespace clipwright::eval::paired {
namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string markdown_text(const std::string& text) {
  return replaced(replaced(text, "|", "\\|"), "\n", " ");
}

std::string latex_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\textbackslash{}";
        break;
      case '~':
        out += "\\textasciitilde{}";
        break;
      case '^':
        out += "\\textasciicircum{}";
        break;
      case '_':
      case '%':
      case '&':
      case '#':
      case '$':
      case '{':
      case '}':
        out += '\\';
        [[fallthrough]];
      default:
        out += c;
    }
  }
  // A minus, a dash for what is not there, and the sign before a deviation.
  out = replaced(out, "\xE2\x88\x92", "$-$");
  out = replaced(out, "\xE2\x80\x93", "--");
  return replaced(out, "\xC2\xB1", "$\\pm$");
}

}  // namespace

std::string to_markdown(const TextTable& table) {
  std::string text = table.caption.empty() ? "" : table.caption + "\n\n";
  std::string rule = "|";
  text += "|";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    text += " " + markdown_text(table.columns[i]) + " |";
    rule += i == 0 ? "---|" : "---:|";
  }
  text += "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (const TextCell& cell : row) {
      const std::string inner = markdown_text(cell.text);
      text += cell.bold ? " **" + inner + "** |" : " " + inner + " |";
    }
    text += "\n";
  }
  return text;
}

std::string to_csv(const TextTable& table) {
  std::string text;
  for (size_t i = 0; i < table.columns.size(); ++i)
    text += (i > 0 ? "," : "") + data::files::csv_field(table.columns[i], ',');
  text += "\n";
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i)
      text += (i > 0 ? "," : "") + data::files::csv_field(row[i].text, ',');
    text += "\n";
  }
  return text;
}

std::string to_latex(const TextTable& table) {
  std::string text = "\\begin{table}\n\\centering\n";
  if (!table.caption.empty()) text += "\\caption{" + latex_text(table.caption) + "}\n";
  text += "\\begin{tabular}{l" + std::string(table.columns.size() - 1, 'r') + "}\n\\toprule\n";
  for (size_t i = 0; i < table.columns.size(); ++i)
    text += (i > 0 ? " & " : "") + latex_text(table.columns[i]);
  text += " \\\\\n\\midrule\n";
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string inner = latex_text(row[i].text);
      text += (i > 0 ? " & " : "") + (row[i].bold ? "\\textbf{" + inner + "}" : inner);
    }
    text += " \\\\\n";
  }
  return text + "\\bottomrule\n\\end{tabular}\n\\end{table}\n";
}

}  // namespace clipwright::eval::paired
