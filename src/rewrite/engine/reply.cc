#include "rewrite/engine/reply.h"

#include <algorithm>
#include <array>
#include <utility>

#include "audit/words/surface.h"
#include "core/words.h"
#include "lexicon/words.h"
#include "text/unicode/utf8.h"

namespace clipwright::rewrite::engine {
namespace {

constexpr std::array kRefusals = {
    "i cannot",       "i can't",         "i can not",  "i'm sorry",        "i am sorry",
    "sorry,",         "as an ai",        "i'm unable", "i am unable",      "i can\u2019t",
    "i\u2019m sorry", "i\u2019m unable", "i apologi",  "unfortunately, i", "as a language model",
    "my apologies",   "apologies,"};
// What only a prompt says.
constexpr std::array<std::string_view, 5> kPromptSigns = {
    "caption:", "rewritten:", "rewritten with the same meaning", "write image captions differently",
    "keep it less than thirty words"};
// The example packs stay below thirty words; beyond this, and beyond the caption's own length, a
// small model only rambles.
constexpr size_t kMostWords = 40;
// An example this long is not repeated by chance.
constexpr size_t kTellingWords = 4;

template <typename List>
bool begins_with_any(const std::string& text, const List& list) {
  for (const std::string_view head : list) {
    if (text.rfind(head, 0) == 0) return true;
  }
  return false;
}

void strip(std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n\v\f");
  if (first == std::string::npos) {
    text.clear();
    return;
  }
  text = text.substr(first, text.find_last_not_of(" \t\r\n\v\f") - first + 1);
}

void strip_quotes(std::string& text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kQuotes = {
      {{"\"", "\""}, {"'", "'"}, {"\u201c", "\u201d"}, {"`", "`"}}};
  for (const auto& [open, close] : kQuotes) {
    if (text.size() <= open.size() + close.size() || text.rfind(open, 0) != 0 ||
        !text.ends_with(close))
      continue;
    const std::string inside = text.substr(open.size(), text.size() - open.size() - close.size());
    // 'dogs' and 'cats' begins and ends with quotes that are no pair.
    if (inside.find(open) != std::string::npos || inside.find(close) != std::string::npos) continue;
    text = inside;
    strip(text);
    return;
  }
}

bool repeats(const std::string& bones, const std::string& example) {
  if (bones == example) return true;
  return prompt::count_words(example) >= kTellingWords &&
         (" " + bones + " ").find(" " + example + " ") != std::string::npos;
}

/// The reply's letters are mostly of a script that the source does not use. Digits and signs belong
/// to every script, so a source without letters forbids none.
bool leaves_script(std::string_view source, std::string_view text) {
  thread_local lexicon::Words from, to;  // reused: their buffers outlast millions of captions
  lexicon::split_words(source, from);
  lexicon::split_words(text, to);
  int64_t before = 0, all = 0, foreign = 0;
  for (int script = 0; script < lexicon::Words::kScripts; ++script) {
    before += from.letter_count[script];
    all += to.letter_count[script];
    if (from.letter_count[script] == 0) foreign += to.letter_count[script];
  }
  return before > 0 && 2 * foreign > all;
}

/// The model speaks to its user instead of writing the caption, or announces that it will.
bool talks_of_the_task(std::string_view source, const std::string& text) {
  return audit::words::starts_with_preamble(source, text) ||
         (text.ends_with(':') && !source.ends_with(':'));
}

/// Of a text of one line.
Outcome judge(const Reply& reply, const std::string& text, std::string_view source,
              const prompt::ExampleTriple& examples) {
  if (text.empty()) return Outcome::kEmpty;
  const std::string small = ascii_lower(text);
  if (begins_with_any(small, kRefusals)) return Outcome::kRefused;
  if (small.find("=>") != std::string::npos) return Outcome::kPromptLeak;
  if (talks_of_the_task(source, text)) return Outcome::kPreamble;
  for (const std::string_view sign : kPromptSigns) {
    if (small.find(sign) != std::string::npos) return Outcome::kPromptLeak;
  }
  const std::string bones = prompt::word_skeleton(text);
  if (bones.empty()) return Outcome::kEmpty;
  if (bones == prompt::word_skeleton(source)) return Outcome::kCopyOfSource;
  for (const prompt::ExamplePair& example : examples) {
    if (repeats(bones, prompt::word_skeleton(example.source)) ||
        repeats(bones, prompt::word_skeleton(example.target)))
      return Outcome::kCopyOfExample;
  }
  if (leaves_script(source, text)) return Outcome::kWrongScript;
  if (prompt::count_words(text) < 2) return Outcome::kTooShort;
  if (reply.status == ReplyStatus::kCut ||
      prompt::count_words(text) > std::max(kMostWords, prompt::count_words(source)))
    return Outcome::kTooLong;
  return Outcome::kAccepted;
}

}  // namespace

std::string_view status_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAccepted:
      return "accepted";
    case Outcome::kEmpty:
      return "rejected:empty";
    case Outcome::kTooShort:
      return "rejected:too-short";
    case Outcome::kTooLong:
      return "rejected:too-long";
    case Outcome::kSeveralLines:
      return "rejected:several-lines";
    case Outcome::kPreamble:
      return "rejected:preamble";
    case Outcome::kRefused:
      return "rejected:refused";
    case Outcome::kPromptLeak:
      return "rejected:prompt-leak";
    case Outcome::kCopyOfSource:
      return "rejected:copy-of-source";
    case Outcome::kCopyOfExample:
      return "rejected:copy-of-example";
    case Outcome::kWrongScript:
      return "rejected:wrong-script";
    case Outcome::kNotUtf8:
      return "rejected:not-utf8";
  }
  return "rejected";
}

Rewrite parse_reply(const Reply& reply, std::string_view source,
                    const prompt::ExampleTriple& examples) {
  Rewrite rewrite;
  rewrite.text = reply.text;
  strip(rewrite.text);
  strip_quotes(rewrite.text);
  if (!text::unicode::is_utf8(rewrite.text)) return {Outcome::kNotUtf8, {}};
  const bool several_lines = rewrite.text.find('\n') != std::string::npos;
  // One line and single spaces in whatever is kept, so that files of a text a line stay aligned.
  rewrite.text = prompt::caption_blanks(rewrite.text);
  rewrite.outcome =
      several_lines ? Outcome::kSeveralLines : judge(reply, rewrite.text, source, examples);
  return rewrite;
}

}  // namespace clipwright::rewrite::engine
