#include "rewrite/prompt/prompt.h"

#include "core/error.h"
#include "text/unicode/line_boundaries.h"

namespace clipwright::rewrite::prompt {
namespace {

/// Instruction, then for each example before + source + between + target; the caption ends with
/// `open`.
struct Wording {
  std::string_view version, instruction, before, between, open;
};

// LaCLIP (rewrite/llama_rewrite.py): nine lines; line 0 the instruction, 2, 4 and 6 the examples, 8
// the caption, the rest empty.
constexpr Wording kLaclipWording = {"laclip/1", "write image captions differently,",
                                    "\n\n            ", " => ", " =>"};
// Named lines keep a small model nearer to the caption than arrows do: SmolLM2-135M kept 75-80 % of
// the content words instead of 58-67 % (docs/formats/examples.md). Nothing stands after the last
// colon: the model writes the blank itself.
constexpr Wording kCleanWording = {"clean/1",
                                   "Each caption below is rewritten with the same meaning.",
                                   "\n\nCaption: ", "\nRewritten: ", "\nRewritten:"};

const Wording& wording(PromptLayout layout) {
  return layout == PromptLayout::kLaclip ? kLaclipWording : kCleanWording;
}

}  // namespace

PromptLayout parse_prompt_layout(std::string_view name) {
  if (name == "clean") return PromptLayout::kClean;
  if (name == "laclip") return PromptLayout::kLaclip;
  fail_usage("there is no prompt layout '" + std::string(name) + "'", "clean or laclip");
}

std::string_view prompt_version(PromptLayout layout) { return wording(layout).version; }

PromptText build_prompt(PromptLayout layout, const ExampleTriple& examples,
                        std::string_view caption) {
  const Wording& words = wording(layout);
  PromptText prompt;
  prompt.prefix = words.instruction;
  for (const ExamplePair& example : examples) {
    prompt.prefix.append(words.before)
        .append(example.source)
        .append(words.between)
        .append(example.target);
  }
  prompt.body.append(words.before).append(caption_for_prompt(caption)).append(words.open);
  return prompt;
}

std::string caption_blanks(std::string_view text) {
  std::string clean;
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const size_t line_end = text::unicode::line_end_length(text.substr(at));
    if (line_end == 0 && byte > ' ' && byte != 0x7f) {
      clean += text[at];
    } else if (!clean.empty() && clean.back() != ' ') {
      clean += ' ';
    }
    at += line_end == 0 ? 1 : line_end;
  }
  while (!clean.empty() && clean.back() == ' ') clean.pop_back();
  return clean;
}

std::string caption_for_prompt(std::string_view caption) {
  std::string clean = caption_blanks(caption);
  for (size_t arrow = clean.find("=>"); arrow != std::string::npos; arrow = clean.find("=>", arrow))
    clean[arrow] = '-';
  return clean;
}

}  // namespace clipwright::rewrite::prompt
