#include "rewrite/examples/example_draft.h"

#include <algorithm>
#include <ctime>

#include "core/error.h"
#include "core/file.h"
#include "rewrite/engine/reply.h"
#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::examples {
namespace {

constexpr std::string_view kVersionLine = " clipwright example pack, version ";
constexpr std::string_view kVersion = "1";
constexpr std::string_view kSkipped = "skipped";

/// " made: chat" -> {"made", "chat"}; no name when it is just a remark.
std::pair<std::string, std::string> named_comment(const std::string& comment) {
  const size_t colon = comment.find(": ");
  if (colon == std::string::npos || comment.empty() || comment[0] != ' ') return {};
  const std::string name = comment.substr(1, colon - 1);
  if (name.empty() || name.find(' ') != std::string::npos) return {};
  return {name, comment.substr(colon + 2)};
}

}  // namespace

ExampleDraft ExampleDraft::read(const fs::path& path) {
  prompt::ExampleRows file = prompt::read_example_rows(path);
  for (const prompt::ExampleFinding& finding : file.findings) {
    if (finding.line == 0) continue;  // too few rows: more are on their way
    fail_input(path.string() + ", line " + std::to_string(finding.line) + ": " + finding.found,
               finding.expected, finding.advice);
  }
  ExampleDraft draft;
  draft.rows = std::move(file.rows);
  for (const std::string& comment : file.comments) {
    if (comment.starts_with(kVersionLine)) {
      if (comment.substr(kVersionLine.size()) != kVersion)
        fail_input(path.string() + ": says '" + comment.substr(1) + "'", "version 1",
                   "A later version of the program wrote it.");
      continue;
    }
    auto [name, value] = named_comment(comment);
    if (name == kSkipped) {
      draft.skipped.push_back(std::move(value));
    } else if (!name.empty()) {
      draft.provenance.emplace_back(std::move(name), std::move(value));
    }
  }
  return draft;
}

std::string ExampleDraft::contents() const {
  std::string text = "#" + std::string(kVersionLine) + std::string(kVersion) + "\n";
  for (const auto& [name, value] : provenance)
    text += "# " + name + ": " + prompt::caption_blanks(value) + "\n";
  for (const std::string& caption : skipped)
    text += "# " + std::string(kSkipped) + ": " + caption + "\n";
  for (const std::vector<std::string>& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "\t" : "") + row[i];
    text += "\n";
  }
  return text;
}

void ExampleDraft::write(const fs::path& path) const {
  if (path.has_parent_path()) make_folder(path.parent_path());
  write_file(path, contents());
}

prompt::ExampleFinding ExampleDraft::check(const std::string& source,
                                           const std::string& rewrite) const {
  for (const std::string& text : {source, rewrite}) {
    if (prompt::ExampleFinding finding = prompt::check_example_text(text); !finding.found.empty())
      return finding;
    // A line that begins so would be a comment.
    if (text.starts_with('#'))
      return {.found = "'" + text + "' begins with #", .expected = "a text that begins otherwise"};
    if (holds(text))
      return {.found = "'" + text + "' is in the pack already", .expected = "a text that is not"};
  }
  if (prompt::same_words(source, rewrite))
    return {.found = "the rewrite repeats the caption", .expected = "other words"};
  if (prompt::count_words(rewrite) < 2)
    return {.found = "the rewrite is one word", .expected = "two words or more"};
  return {};
}

void ExampleDraft::note(std::string_view name, std::string_view value) {
  for (auto& [known, text] : provenance) {
    if (known == name) {
      text = value;
      return;
    }
  }
  provenance.emplace_back(name, value);
}

bool ExampleDraft::holds(std::string_view text) const {
  return std::any_of(rows.begin(), rows.end(), [&](const std::vector<std::string>& row) {
    return std::find(row.begin(), row.end(), text) != row.end();
  });
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

}  // namespace clipwright::rewrite::examples
