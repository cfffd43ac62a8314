#include "rewrite/engine/thought.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace clipwright::rewrite::engine {
namespace {

std::string text_of(const std::string& written) { return std::string(answer_of(written).text); }
std::string line_of(const std::string& written, bool blanks_first = false) {
  return std::string(line_of_answer(written, blanks_first).text);
}

TEST(Thought, WhatHoldsNoneIsTheAnswer) {
  for (const std::string plain :
       {"", " a dog runs", "a dog\nand a cat", "\n\na dog", "analysis of a dog's gait",
        "Analysis paralysis of a dog", "a dog < a cat > a bird", "a <thin> line", "think again"}) {
    EXPECT_EQ(text_of(plain), plain);
    EXPECT_FALSE(answer_of(plain).behind_thought) << plain;
    EXPECT_FALSE(answer_of(plain).missing) << plain;
  }
  EXPECT_EQ(line_of(" a dog\nand a cat"), " a dog");
  EXPECT_TRUE(line_of_answer(" a dog\nand").ended);
  EXPECT_FALSE(line_of_answer(" a dog").ended);
  EXPECT_EQ(line_of("\n a dog\nx"), "");
  EXPECT_EQ(line_of("\n a dog\nx", true), "a dog");
}

TEST(Thought, TheAnswerStandsBehindEveryKindOfMarks) {
  const std::vector<std::pair<std::string, std::string>> marks = {
      {"<think>", "</think>"},
      {"<Think>", "</Think>"},
      {"<thinking>", "</thinking>"},
      {"<thought>", "</thought>"},
      {"<reasoning>", "</reasoning>"},
      {"<reflection>", "</reflection>"},
      {"<seed:think>", "</seed:think>"},
      {"[THINK]", "[/THINK]"},
      {"\u25c1think\u25b7", "\u25c1/think\u25b7"},
      {"<|begin_of_thought|>", "<|end_of_thought|>"},
      {"<|START_THINKING|>", "<|END_THINKING|>"},
      {"<|channel>thought\n", "<channel|>"},
      {"<unused94>thought", "<unused95>"},
      {"<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"},
      {"<|channel|>analysis<|message|>",
       "<|end|><|start|>assistant<|channel|>commentary<|message|>hm<|end|><|start|>assistant"
       "<|channel|>final <|constrain|>text<|message|>"},
      {"analysis", "assistantfinal"}};
  const std::string thought = "Okay, the user\nwants a \"dog\".\n\nI keep it";
  for (const auto& [first, last] : marks) {
    for (const std::string between : {"", " ", "\n\n"}) {
      const std::string written = first + thought + last + between + "a dog runs\nand more";
      EXPECT_EQ(line_of(written), "a dog runs") << written;
      EXPECT_TRUE(line_of_answer(written).ended);
      EXPECT_TRUE(answer_of(written).behind_thought);
      EXPECT_FALSE(answer_of(written).missing) << written;
    }
    for (const std::string& only : {first + thought, first, "\n" + first + thought,
                                    first + thought + last, first + thought + last + "\n\n"}) {
      if (only == "analysis" || only == "\nanalysis") continue;  // a word
      EXPECT_TRUE(answer_of(only).missing) << only;
      EXPECT_TRUE(line_of_answer(only).missing) << only;
      EXPECT_FALSE(line_of_answer(only).ended) << only;
    }
  }
}

TEST(Thought, MarksThatAreHalfThere) {
  // A template may hold the first mark, so the reply holds the last alone.
  EXPECT_EQ(line_of("I keep it.\n</think>\n\na dog runs"), "a dog runs");
  EXPECT_EQ(line_of("<think>\n\n</think>\n\na dog runs"), "a dog runs");  // thinking turned off
  EXPECT_EQ(line_of("<think>a </think> b</think> a dog"), "a dog");
  EXPECT_TRUE(answer_of("<think>a</think><think>b").missing);
  // Captions tell what signs say: a mark within a text is a thought only where it is ended.
  for (const std::string whole :
       {"a black mug with [THINK] different printed on it", "a sign that says <think> in neon",
        "a dog <think>was it one?", "a mug with <|channel> and <reasoning> on it"}) {
    EXPECT_EQ(line_of(whole), whole);
    EXPECT_FALSE(answer_of(whole).behind_thought) << whole;
    EXPECT_EQ(line_of("<think>hm</think> " + whole), whole);
    EXPECT_EQ(line_of("hm</think>\n" + whole), whole);
  }
  EXPECT_TRUE(answer_of(" \n<think> a dog").missing);
  EXPECT_EQ(line_of("a dog <think>was it?</think> a cat"), "a cat");
  // Nothing behind the thought: the answer stands before it.
  EXPECT_EQ(line_of("a dog <think>was it?</think>"), "a dog ");
  EXPECT_EQ(line_of("a dog\n<think>was\n<think> it?</think>\n"), "a dog");
  EXPECT_EQ(line_of("<think>hm</think> a dog [THINK]was it?[/THINK]"), "a dog ");
  EXPECT_FALSE(answer_of("a dog <think>was it?</think>").missing);
  EXPECT_TRUE(answer_of("a dog</think>").missing);
  EXPECT_TRUE(answer_of("<think>a</think> <think>b</think>").missing);
  // The answer's own marks.
  EXPECT_EQ(line_of("<think>x</think>\n<answer>\na dog\n</answer>"), "a dog");
  EXPECT_EQ(line_of("<|begin_of_thought|>x<|end_of_thought|>\n<|begin_of_solution|>a dog"),
            "a dog");
  EXPECT_EQ(line_of("<answer>a dog</answer>"), "a dog");
  EXPECT_EQ(line_of("<|channel|>final<|message|>a dog<|return|>"), "a dog");
  EXPECT_TRUE(answer_of("<|channel|>final").missing);
}

TEST(Thought, AMegabyteIsNoProblem) {
  for (const std::string piece : {"<think>", "</think>", "<|channel|>", "<|channel|>final", "<"}) {
    std::string written;
    while (written.size() < (1 << 20)) written += piece;
    answer_of(written);
  }
}

}  // namespace
}  // namespace clipwright::rewrite::engine
