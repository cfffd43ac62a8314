#include "rewrite/engine/reply_reasons.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/log.h"
#include "rewrite/engine/thought_watch.h"
#include "rewrite/prompt/prompt.h"
#include "text/unicode/utf8.h"

namespace clipwright::rewrite::engine {
namespace {

constexpr size_t kMostReasons = 3;
constexpr size_t kMostShown = 120;  // bytes of a text
constexpr std::string_view kAccepted = "accepted";

struct Advice {
  std::string_view status, words;
};
constexpr std::array<Advice, 13> kAdvice = {{
    {"rejected:empty",
     "The model ends at once: try another --prompt layout or model, or for an instruct model its "
     "chat template (--api chat; llama: --chat on)."},
    {"rejected:too-short",
     "The model does not go on with the pattern: try another model or --prompt layout."},
    {"rejected:too-long",
     "Try a larger --max-tokens where replies are cut, a model that ends its sentence, or for an "
     "instruct model its chat template (--api chat; llama: --chat on)."},
    {"rejected:several-lines",
     "Try a model that keeps to the pattern, or another --prompt layout."},
    {"rejected:preamble",
     "The model talks about the task: try another model, or no chat template (--api completions; "
     "llama: --chat off)."},
    {"rejected:refused",
     "The model declines: try another, or no chat template (--api completions; llama: --chat "
     "off)."},
    {"rejected:prompt-leak",
     "The model repeats its prompt: try a larger one, or another --prompt layout."},
    {"rejected:copy-of-source",
     "The model repeats the caption: try a higher --temperature, other --examples or a larger "
     "model."},
    {"rejected:copy-of-example",
     "The model repeats its examples: try more --triples, a higher --temperature or a larger "
     "model."},
    {"rejected:wrong-script", "Try a model that knows the language of the captions."},
    {"rejected:not-utf8", "The model's tokenizer seems to be damaged: try another file or server."},
    {"failed:content-filter", "The service filters what it writes: try another, or another model."},
    {"failed:prompt-too-long", "Try a model that reads longer texts, or shorter --examples."},
}};

/// "were rejected as too-long", "failed as http-400".
std::string in_words(const std::string& status, int64_t count) {
  const size_t colon = status.find(':');
  const std::string kind = status.substr(0, colon);
  const std::string verb = kind == "failed" ? "" : count == 1 ? "was " : "were ";
  return verb + kind + (colon == std::string::npos ? "" : " as " + status.substr(colon + 1));
}

/// In quotes, on one line, not too long.
std::string shown(const std::string& text) {
  if (!text::unicode::is_utf8(text)) return {};
  const std::string line = prompt::caption_blanks(text);
  if (line.empty()) return {};
  return " ('" + std::string(text::unicode::whole_characters(line, kMostShown)) +
         (line.size() > kMostShown ? "...')" : "')");
}

}  // namespace

ReplyReasons::ReplyReasons(const std::map<std::string, int64_t>& counts,
                           const std::map<std::string, std::string>& samples)
    : counts_(counts.begin(), counts.end()), samples_(samples) {
  std::stable_sort(counts_.begin(), counts_.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
}

std::string ReplyReasons::sentence() const {
  int64_t replies = 0;
  for (const auto& [status, count] : counts_) replies += count;
  std::string text = "of " + with_commas(replies) + (replies == 1 ? " reply " : " replies ");
  for (size_t i = 0; i < std::min(kMostReasons, counts_.size()); ++i) {
    const auto& [status, count] = counts_[i];
    text += (i == 0 ? "" : ", ") + with_commas(count) + " " + in_words(status, count);
    const auto sample = samples_.find(status);
    if (sample != samples_.end() && status != kAccepted) text += shown(sample->second);
  }
  if (counts_.size() > kMostReasons) text += ", the others for other reasons";
  return text;
}

std::string ReplyReasons::advice(const Engine& engine) const {
  const auto most = std::find_if(counts_.begin(), counts_.end(),
                                 [](const auto& count) { return count.first != kAccepted; });
  if (most == counts_.end()) return {};
  if (most->first == kThoughtStatus) return engine.without_thought();
  const auto known = std::find_if(kAdvice.begin(), kAdvice.end(), [&](const Advice& advice) {
    return advice.status == most->first;
  });
  if (known != kAdvice.end()) return std::string(known->words);
  return "The words in brackets say what to change.";
}

}  // namespace clipwright::rewrite::engine
