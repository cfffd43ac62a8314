// In-context prompts: an instruction, three example pairs, the caption to rewrite (LaCLIP,
// section 3.2).
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace clipwright::rewrite::prompt {

/// One caption and the same caption in other words.
struct ExamplePair {
  std::string source, target;
  bool operator==(const ExamplePair&) const = default;
};

constexpr int kExamplesPerPrompt = 3;
using ExampleTriple = std::array<ExamplePair, kExamplesPerPrompt>;

enum class PromptLayout {
  kClean,   ///< the default: plain lines
  kLaclip,  ///< byte for byte what LaCLIP's script builds, its 12 spaces of source indentation
            ///< included
};

/// "clean", "laclip". Throws Error(kUsage).
PromptLayout parse_prompt_layout(std::string_view name);
/// Names layout and wording, e.g. "clean/1"; part of the ledger's key, so it changes with any byte
/// of the prompt.
std::string_view prompt_version(PromptLayout layout);

/// A prompt in two parts: everything the captions with the same examples share, and the rest. Cut
/// at the end of a line, where no tokenizer joins the two sides.
struct PromptText {
  std::string prefix, body;
};
PromptText build_prompt(PromptLayout layout, const ExampleTriple& examples,
                        std::string_view caption);

/// What a chat model is told besides, and the number of its wording, part of an engine's identity:
/// it changes with any byte of the instruction.
constexpr int kChatPromptVersion = 1;
constexpr const char* kChatInstruction =
    "Continue the user's text as its pattern shows. Answer with the missing end of its last line "
    "only: one line, no quotes, no explanation.";

/// Text on one line for any reader: control characters, line ends of Unicode and runs of white
/// space become one space, none at the ends.
std::string caption_blanks(std::string_view text);
/// A caption as it may stand in a prompt: one line, "=>" as "->" (the prompt's own separator would
/// end the caption early).
std::string caption_for_prompt(std::string_view caption);

}  // namespace clipwright::rewrite::prompt
