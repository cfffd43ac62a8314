#include "rewrite/examples/example_session.h"

#include <algorithm>
#include <istream>
#include <optional>
#include <ostream>

#include "core/error.h"
#include "core/file.h"
#include "core/process/interrupt.h"
#include "rewrite/examples/example_sample.h"
#include "rewrite/prompt/prompt.h"
#include "text/text_file.h"

namespace clipwright::rewrite::examples {
namespace {

constexpr std::string_view kTableHeader = "key\tcaption\trewrite";

bool dealt_with(const ExampleDraft& draft, const std::string& caption) {
  return draft.holds(caption) ||
         std::find(draft.skipped.begin(), draft.skipped.end(), caption) != draft.skipped.end();
}

/// A person writes pairs; a pack of groups cannot take them.
void check_pairs(const ExampleDraft& draft) {
  if (!draft.rows.empty() && draft.rows.front().size() != 2)
    fail_input(
        "the pack holds groups of " + std::to_string(draft.rows.front().size()) + " captions",
        "pairs of caption and rewrite", "Name another --output.");
}

struct Shown {
  std::string key, caption;
};

/// The first captions of the draw that have no answer yet.
std::vector<Shown> open_captions(const records::CaptionSource& captions, uint64_t seed,
                                 const ExampleDraft& draft, size_t count) {
  ExampleSample sample(captions, seed);
  std::vector<Shown> open;
  while (open.size() < count) {
    std::optional<std::string> caption = sample.next();
    if (!caption) break;
    if (!dealt_with(draft, *caption)) open.push_back({sample.key(), std::move(*caption)});
  }
  return open;
}

}  // namespace

ExampleSessionResult run_example_session(const records::CaptionSource& captions,
                                         const ExampleSessionOptions& options, ExampleDraft& draft,
                                         std::istream& in, std::ostream& out) {
  check_pairs(draft);
  ExampleSessionResult result;
  std::vector<bool> answers;  // of this session: true for a rewrite, false for a skip
  out << "Tell each caption in other words. An empty line passes over it, /undo takes the last\n"
         "answer back, /quit ends; everything is saved in "
      << options.file.string() << ".\n";
  while (draft.rows.size() < options.count && !interrupted()) {
    const std::vector<Shown> open = open_captions(captions, options.seed, draft, 1);
    if (open.empty()) {
      out << "\nThere are no more captions.\n";
      break;
    }
    out << "\n[" << draft.rows.size() + 1 << " of " << options.count << "] " << open[0].key
        << "\n  caption: " << open[0].caption << "\n  rewrite: " << std::flush;
    std::string line;
    if (!std::getline(in, line)) {
      out << "\n";
      break;
    }
    const std::string answer = prompt::caption_blanks(line);
    if (answer == "/quit") break;
    if (answer == "/undo") {
      const bool was_rewrite = answers.empty() ? !draft.rows.empty() : answers.back();
      if (answers.empty() && draft.rows.empty()) {
        out << "  There is nothing to take back.\n";
        continue;
      }
      was_rewrite ? draft.rows.pop_back() : draft.skipped.pop_back();
      if (!answers.empty()) answers.pop_back();
    } else if (answer.empty()) {
      draft.skipped.push_back(open[0].caption);
      answers.push_back(false);
    } else if (answer[0] == '/') {
      out << "  There is no command " << answer << "; there are /undo and /quit.\n";
      continue;
    } else {
      const prompt::ExampleFinding finding = draft.check(open[0].caption, answer);
      if (!finding.found.empty()) {
        out << "  Not taken: " << finding.sentence() << "\n";
        continue;
      }
      draft.rows.push_back({open[0].caption, answer});
      answers.push_back(true);
    }
    draft.write(options.file);
  }
  result.rows = draft.rows.size();
  result.written = static_cast<size_t>(std::count(answers.begin(), answers.end(), true));
  result.skipped = answers.size() - result.written;
  result.complete = draft.rows.size() >= options.count;
  return result;
}

size_t export_example_table(const records::CaptionSource& captions,
                            const ExampleSessionOptions& options, const ExampleDraft& draft,
                            const std::filesystem::path& table) {
  const size_t missing = options.count - std::min(options.count, draft.rows.size());
  std::string text = std::string(kTableHeader) + "\n";
  const std::vector<Shown> open = open_captions(captions, options.seed, draft, missing);
  for (const Shown& shown : open)
    text += prompt::caption_blanks(shown.key) + "\t" + shown.caption + "\t\n";
  write_file(table, text);
  return open.size();
}

ImportedExamples import_example_table(const std::filesystem::path& table, ExampleDraft& draft) {
  check_pairs(draft);
  const std::string contents = text::read_text(table);
  ImportedExamples result;
  size_t number = 0;
  for (std::string_view rest = contents; !rest.empty();) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (number == 1) {
      if (line != kTableHeader)
        fail_input(table.string() + ": its first line is '" + std::string(line.substr(0, 80)) + "'",
                   "key, caption and rewrite with tabs between",
                   "Such a table is made with --export-tsv.");
      continue;
    }
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    if (line.empty()) continue;
    if (first == std::string_view::npos || second == std::string_view::npos) {
      result.refused.push_back({.line = number,
                                .found = "has fewer than three columns",
                                .expected = "key, caption and rewrite"});
      continue;
    }
    const std::string caption = prompt::caption_blanks(line.substr(first + 1, second - first - 1)),
                      rewrite = prompt::caption_blanks(line.substr(second + 1));
    if (rewrite.empty()) {
      ++result.empty;
      continue;
    }
    prompt::ExampleFinding finding = draft.check(caption, rewrite);
    if (finding.found.empty()) {
      draft.rows.push_back({caption, rewrite});
      ++result.added;
    } else {
      finding.line = number;
      result.refused.push_back(std::move(finding));
    }
  }
  if (number == 0) fail_input(table.string() + ": is empty", "a table made with --export-tsv");
  return result;
}

}  // namespace clipwright::rewrite::examples
