#include "rewrite/prompt/example_rows.h"

#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "rewrite/prompt/prompt.h"
#include "rewrite/prompt/text_form.h"
#include "text/text_file.h"
#include "text/unicode/utf8.h"

namespace clipwright::rewrite::prompt {
namespace {

constexpr size_t kFewestRows = 16;
constexpr size_t kMostRows = 4096, kMostColumns = 16;  // what ExamplePack's key has room for
constexpr size_t kMostWords = 40;

std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> cells;
  for (size_t start = 0;;) {
    const size_t end = line.find(separator, start);
    cells.emplace_back(line.substr(start, end - start));
    if (end == std::string_view::npos) return cells;
    start = end + 1;
  }
}

/// Reads row after row, keeping what is good.
class RowChecker {
 public:
  explicit RowChecker(ExampleRows& result) : result_(result) {}

  void add(std::string_view line, size_t number) {
    std::vector<std::string> cells = split(line, '\t');
    ExampleFinding finding = check(cells);
    if (!finding.found.empty()) {
      finding.line = number;
      result_.findings.push_back(std::move(finding));
      return;
    }
    for (const std::string& cell : cells) seen_.emplace(cell, number);
    result_.canonical.append(line).append("\n");
    result_.rows.push_back(std::move(cells));
  }

 private:
  ExampleFinding check(const std::vector<std::string>& cells) const {
    if (cells.size() < 2) {
      return {.found = "has one column",
              .expected = "a caption, a tab and its rewrite",
              .advice = "See docs/formats/examples.md."};
    }
    if (cells.size() > kMostColumns || result_.rows.size() >= kMostRows) {
      return {.found = "the pack is too large",
              .expected = std::to_string(kMostColumns) + " columns and " +
                          std::to_string(kMostRows) + " rows at most"};
    }
    if (!result_.rows.empty() && cells.size() != result_.rows.front().size()) {
      return {.found = "has " + std::to_string(cells.size()) + " columns",
              .expected = std::to_string(result_.rows.front().size()) + " as in the rows before"};
    }
    for (size_t i = 0; i < cells.size(); ++i) {
      if (ExampleFinding finding = check_example_text(cells[i]); !finding.found.empty())
        return finding;
      const auto before = seen_.find(cells[i]);
      if (before != seen_.end()) {
        return {
            .found = "'" + cells[i] + "' stands already in line " + std::to_string(before->second),
            .expected = "every text once"};
      }
      for (size_t k = 0; k < i; ++k) {
        if (same_words(cells[i], cells[k])) {
          return {.found = "'" + cells[i] + "' repeats '" + cells[k] + "' of the same row",
                  .expected = "other words",
                  .advice = "A pair of equal texts teaches a model to copy."};
        }
      }
    }
    return {};
  }

  ExampleRows& result_;
  std::unordered_map<std::string, size_t> seen_;  ///< texts and the lines they stand in
};

}  // namespace

std::string ExampleFinding::sentence() const {
  std::string text = line > 0 ? "line " + std::to_string(line) + ": " : std::string();
  text += found;
  if (!expected.empty()) text += "; expected " + expected;
  text += ".";
  if (!advice.empty()) text += " " + advice;
  return text;
}

ExampleFinding check_example_text(const std::string& text) {
  if (text.empty()) return {.found = "an empty text", .expected = "a caption in every column"};
  if (!text::unicode::is_utf8(text)) {
    return {.found = "is not UTF-8",
            .expected = "UTF-8 text",
            .advice = "Convert the file, for example with iconv."};
  }
  if (text.find("=>") != std::string::npos) {
    return {.found = "'" + text +
                     "' holds the arrow '=>', which separates caption and rewrite in the prompt",
            .expected = "a text without it"};
  }
  if (text != caption_for_prompt(text)) {
    return {.found = "'" + text + "' has control characters or blanks at its ends or in a row",
            .expected = "plain text, single spaces"};
  }
  if (count_words(text) > kMostWords) {
    return {.found = "a text of " + std::to_string(count_words(text)) + " words",
            .expected = "at most " + std::to_string(kMostWords)};
  }
  return {};
}

ExampleRows parse_example_rows(std::string_view contents) {
  ExampleRows result;
  RowChecker checker(result);
  size_t number = 0;
  for (std::string_view rest = contents; !rest.empty();) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    if (line[0] == '#') {
      result.comments.emplace_back(line.substr(1));
    } else {
      checker.add(line, number);
    }
  }
  if (result.rows.size() < kFewestRows) {
    result.findings.push_back({.found = "holds " + std::to_string(result.rows.size()) +
                                        (result.findings.empty() ? " examples" : " good examples"),
                               .expected = std::to_string(kFewestRows) + " or more",
                               .advice = "Fewer give prompts too much alike."});
  }
  return result;
}

ExampleRows read_example_rows(const std::filesystem::path& path) {
  return parse_example_rows(text::read_text(path));
}

}  // namespace clipwright::rewrite::prompt
