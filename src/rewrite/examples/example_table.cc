#include "rewrite/examples/example_table.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/error.h"
#include "core/random.h"
#include "rewrite/engine/reply.h"
#include "rewrite/prompt/prompt.h"
#include "text/text_file.h"
#include "text/unicode/utf8.h"

namespace clipwright::rewrite::examples {
namespace {

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  for (size_t start = 0;;) {
    const size_t end = line.find('\t', start);
    const std::string_view cell = line.substr(start, end - start);
    // Bad bytes are judged as they are, not as blanks.
    cells.push_back(text::unicode::is_utf8(cell) ? prompt::caption_blanks(cell)
                                                 : std::string(cell));
    if (end == std::string_view::npos) return cells;
    start = end + 1;
  }
}

/// "#2" -> 1.
std::optional<size_t> numbered(const std::string& name) {
  size_t number = 0;
  if (name.size() < 2 || name[0] != '#') return std::nullopt;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number == 0) return std::nullopt;
  return number - 1;
}

/// Places of the named columns in a header.
std::vector<size_t> find_columns(const std::filesystem::path& table,
                                 const std::vector<std::string>& header,
                                 const std::vector<std::string>& wanted) {
  std::vector<size_t> places;
  for (const std::string& name : wanted) {
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end()) {
      std::string have;
      for (const std::string& each : header)
        have.append(have.empty() ? "'" : ", '").append(each).append("'");
      const std::string near = nearest(name, header);
      fail_input(table.string() + ": has no column '" + name + "' among " + have,
                 "a header with that column",
                 near.empty() ? "Columns of a table without a header are #1, #2, ..."
                              : "Did you mean '" + near + "'?");
    }
    places.push_back(static_cast<size_t>(found - header.begin()));
  }
  return places;
}

/// Why a row cannot join the pack.
prompt::ExampleFinding check_row(const ExampleDraft& draft, const std::vector<std::string>& row) {
  if (row.size() < 2) return {.found = "has one column", .expected = "a caption and its rewrite"};
  if (!draft.rows.empty() && row.size() != draft.rows.front().size()) {
    return {.found = "has " + std::to_string(row.size()) + " columns",
            .expected = std::to_string(draft.rows.front().size()) + " as in the rows before"};
  }
  if (prompt::count_words(row[0]) < 2)
    return {.found = "has '" + row[0].substr(0, 40) + "' where the caption should be",
            .expected = "a caption of two words or more; --columns chooses columns"};
  for (size_t i = 1; i < row.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (prompt::ExampleFinding finding = draft.check(row[k], row[i]); !finding.found.empty())
        return finding;
    }
  }
  return {};
}

}  // namespace

ExamplesFromTable examples_from_table(const std::filesystem::path& table,
                                      const ExampleTableOptions& options) {
  if (options.columns.size() == 1)
    fail_usage("--columns names one column", "two or more: the caption and its rewrite");
  std::vector<size_t> places;
  for (const std::string& name : options.columns) {
    if (const auto place = numbered(name)) places.push_back(*place);
  }
  if (!places.empty() && places.size() != options.columns.size())
    fail_usage("--columns mixes names and numbers", "one or the other");
  bool header = !options.columns.empty() && places.empty();

  struct Row {
    size_t line;
    std::vector<std::string> cells;
  };
  std::vector<Row> rows;
  const std::string contents = text::read_text(table);
  size_t number = 0;
  for (std::string_view rest = contents; !rest.empty();) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> cells = cells_of(line);
    if (header) {
      places = find_columns(table, cells, options.columns);
      header = false;
      continue;
    }
    if (!places.empty()) {
      std::vector<std::string> chosen;
      chosen.reserve(places.size());
      for (const size_t place : places)
        chosen.push_back(place < cells.size() ? cells[place] : std::string());
      cells = std::move(chosen);
    }
    rows.push_back({number, std::move(cells)});
  }
  if (rows.empty()) fail_input(table.string() + ": holds no row", "captions and rewrites");

  ExamplesFromTable result;
  const Permutation order(rows.size(), options.seed, "example-table", 0);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (options.count > 0 && result.draft.rows.size() == options.count) break;
    Row& row = rows[options.count > 0 ? order(i) : i];
    prompt::ExampleFinding finding = check_row(result.draft, row.cells);
    if (finding.found.empty()) {
      result.draft.rows.push_back(std::move(row.cells));
    } else {
      finding.line = row.line;
      result.refused.push_back(std::move(finding));
    }
  }
  return result;
}

}  // namespace clipwright::rewrite::examples
