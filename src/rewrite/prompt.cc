#include "rewrite/prompt.h"

#include "core/error.h"

namespace clipwright {
namespace {

struct Wording {
  std::string_view version, instruction, before, arrow;
};

// LaCLIP (rewrite/llama_rewrite.py): nine lines; line 0 the instruction, 2, 4 and 6 the examples, 8 the caption, the rest empty.
constexpr Wording kLaclipWording = {"laclip/1", "write image captions differently,", "\n\n            ", " => "};
constexpr Wording kCleanWording = {"clean/1", "Image captions and the same captions in other words:\n", "\n", " => "};

const Wording& wording(PromptLayout layout) { return layout == PromptLayout::kLaclip ? kLaclipWording : kCleanWording; }

}  // namespace

PromptLayout parse_prompt_layout(std::string_view name) {
  if (name == "clean") return PromptLayout::kClean;
  if (name == "laclip") return PromptLayout::kLaclip;
  fail_usage("there is no prompt layout '" + std::string(name) + "'", "clean or laclip");
}

std::string_view prompt_version(PromptLayout layout) { return wording(layout).version; }

PromptText build_prompt(PromptLayout layout, const ExampleTriple& examples, std::string_view caption) {
  const Wording& words = wording(layout);
  PromptText prompt;
  prompt.prefix = words.instruction;
  for (const ExamplePair& example : examples) {
    prompt.prefix.append(words.before).append(example.source).append(words.arrow).append(example.target);
  }
  // Nothing after the arrow: the model writes the space itself.
  const std::string_view arrow = words.arrow.substr(0, words.arrow.find_last_not_of(' ') + 1);
  prompt.body.append(words.before).append(caption_for_prompt(caption)).append(arrow);
  return prompt;
}

std::string caption_blanks(std::string_view text) {
  std::string clean;
  for (const char byte : text) {
    const bool blank = static_cast<unsigned char>(byte) <= ' ' || byte == 0x7f;
    if (!blank) {
      clean += byte;
    } else if (!clean.empty() && clean.back() != ' ') {
      clean += ' ';
    }
  }
  while (!clean.empty() && clean.back() == ' ') clean.pop_back();
  return clean;
}

std::string caption_for_prompt(std::string_view caption) {
  std::string clean = caption_blanks(caption);
  for (size_t arrow = clean.find("=>"); arrow != std::string::npos; arrow = clean.find("=>", arrow)) clean[arrow] = '-';
  return clean;
}

}  // namespace clipwright
