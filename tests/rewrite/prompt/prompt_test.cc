#include "rewrite/prompt/prompt.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::rewrite::prompt {
namespace {

const ExampleTriple kExamples = {{{"a cat", "one small cat"},
                                  {"red car", "a car that is red"},
                                  {"two birds", "a pair of birds"}}};

TEST(Prompt, LaclipLayoutIsByteForByteTheScripts) {
  const PromptText prompt = build_prompt(PromptLayout::kLaclip, kExamples, "a dog on the beach");
  EXPECT_EQ(prompt.prefix + prompt.body,
            "write image captions differently,\n"
            "\n"
            "            a cat => one small cat\n"
            "\n"
            "            red car => a car that is red\n"
            "\n"
            "            two birds => a pair of birds\n"
            "\n"
            "            a dog on the beach =>");
}

TEST(Prompt, CleanLayout) {
  const PromptText prompt = build_prompt(PromptLayout::kClean, kExamples, "a dog on the beach");
  EXPECT_EQ(prompt.prefix + prompt.body,
            "Each caption below is rewritten with the same meaning.\n"
            "\n"
            "Caption: a cat\n"
            "Rewritten: one small cat\n"
            "\n"
            "Caption: red car\n"
            "Rewritten: a car that is red\n"
            "\n"
            "Caption: two birds\n"
            "Rewritten: a pair of birds\n"
            "\n"
            "Caption: a dog on the beach\n"
            "Rewritten:");
}

TEST(Prompt, CaptionsWithTheSameExamplesShareThePrefix) {
  for (const PromptLayout layout : {PromptLayout::kClean, PromptLayout::kLaclip}) {
    EXPECT_EQ(build_prompt(layout, kExamples, "one").prefix,
              build_prompt(layout, kExamples, "another").prefix);
    EXPECT_EQ(build_prompt(layout, kExamples, "one").prefix.find("one\n"), std::string::npos);
  }
}

TEST(Prompt, ACaptionCannotBreakThePrompt) {
  EXPECT_EQ(caption_for_prompt("  a\tcat\r\n sits  here \x01"), "a cat sits here");
  EXPECT_EQ(caption_for_prompt("day => night"), "day -> night");
  EXPECT_EQ(caption_for_prompt("caf\xc3\xa9 \xe2\x98\x95"), "caf\xc3\xa9 \xe2\x98\x95");
}

TEST(Prompt, UnknownLayoutIsAUsageError) {
  EXPECT_EQ(parse_prompt_layout("laclip"), PromptLayout::kLaclip);
  try {
    parse_prompt_layout("chat");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
  }
}

}  // namespace
}  // namespace clipwright::rewrite::prompt
