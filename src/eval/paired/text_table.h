// A table as Markdown, CSV or LaTeX.
#pragma once

#include <string>
#include <vector>

namespace clipwright::eval::paired {

struct TextCell {
  std::string text;
  bool bold = false;
  TextCell(std::string text, bool bold = false) : text(std::move(text)), bold(bold) {}
  TextCell(const char* text) : text(text) {}
};

struct TextTable {
  std::string caption;
  std::vector<std::string> columns;  ///< the first is set to the left, the others to the right
  std::vector<std::vector<TextCell>> rows;
};

std::string to_markdown(const TextTable& table);
/// A header and a row a line; nothing bold.
std::string to_csv(const TextTable& table);
/// A `table` with booktabs' rules; every text is escaped.
std::string to_latex(const TextTable& table);

}  // namespace clipwright::eval::paired
