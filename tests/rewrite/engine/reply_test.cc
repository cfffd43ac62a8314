#include "rewrite/engine/reply.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <memory>

#include "core/json.h"
#include "text/unicode/utf8.h"

namespace clipwright::rewrite::engine {
namespace {

const prompt::ExampleTriple kExamples = {
    {{"a wooden boat at the pier", "a boat made of wood lies beside the pier"},
     {"red car", "a car that is red"},
     {"two birds", "a pair of birds"}}};

Rewrite parse(const std::string& text, ReplyStatus status = ReplyStatus::kStopped,
              const std::string& source = "A dog, running on the beach.") {
  return parse_reply({.status = status, .text = text}, source, kExamples);
}

TEST(ParseReply, CleansBlanksAndQuotes) {
  EXPECT_EQ(parse("  a dog runs along the shore ").text, "a dog runs along the shore");
  EXPECT_EQ(parse(" \"a dog runs along the shore\"").text, "a dog runs along the shore");
  EXPECT_EQ(parse("\u201ca dog runs\u201d").text, "a dog runs");
  EXPECT_EQ(parse("a dog \t runs\x01here").text, "a dog runs here");
  EXPECT_EQ(parse("'dogs' and 'cats'").text, "'dogs' and 'cats'");
  EXPECT_EQ(parse("a dog runs along the shore\r").outcome, Outcome::kAccepted);
}

TEST(ParseReply, LineEndsOfUnicodeAreBlanks) {
  for (const std::string end : {"\u2028", "\u2029", "\u0085", "\v", "\f", "\r", "\x1c"}) {
    const Rewrite rewrite = parse_reply({.text = end + "one" + end + "hound" + end}, "a dog", {});
    EXPECT_EQ(rewrite.outcome, Outcome::kAccepted) << rewrite.text;
    EXPECT_EQ(rewrite.text, "one hound");
    // What is a copy with blanks is a copy with these.
    EXPECT_EQ(parse_reply({.text = "a" + end + "dog"}, "a dog", {}).outcome,
              Outcome::kCopyOfSource);
  }
}

TEST(ParseReply, JudgesEveryKind) {
  const std::vector<std::pair<std::string, Outcome>> cases = {
      {"a dog runs along the shore", Outcome::kAccepted},
      {"here comes a dog", Outcome::kAccepted},
      {"surely a dog", Outcome::kAccepted},
      {"", Outcome::kEmpty},
      {"   \n", Outcome::kEmpty},
      {"...", Outcome::kEmpty},
      {"dog", Outcome::kTooShort},
      {"a dog\na cat", Outcome::kSeveralLines},
      {"Here is a rewritten caption: a dog", Outcome::kPreamble},
      {"Sure, a dog on the shore", Outcome::kPreamble},
      {"Absolutely! A dog runs", Outcome::kPreamble},
      {"First, I rewrote the text. Here's the edited version:", Outcome::kPreamble},
      {"A possible rewrite: a dog", Outcome::kPreamble},
      {"I would be happy to help with that", Outcome::kPreamble},
      {"<think> the user wants a caption", Outcome::kPreamble},
      {"My apologies, I am not able to see images", Outcome::kRefused},
      {"I'm sorry, but I cannot see the image", Outcome::kRefused},
      {"As an AI model I have no eyes", Outcome::kRefused},
      {"a dog => a cat", Outcome::kPromptLeak},
      {"a dog Caption: a cat", Outcome::kPromptLeak},
      {"a dog running on the beach", Outcome::kCopyOfSource},
      {"A DOG RUNNING ON THE BEACH!", Outcome::kCopyOfSource},
      {"a car that is red", Outcome::kCopyOfExample},
      {"Two birds.", Outcome::kCopyOfExample},
      {"today a boat made of wood lies beside the pier", Outcome::kCopyOfExample},
      {"a dog and two birds", Outcome::kAccepted},  // a short example occurs by chance
      {"a dog \xff runs", Outcome::kNotUtf8},
      {"a dog \xed\xa0\x80 runs", Outcome::kNotUtf8},
  };
  for (const auto& [text, outcome] : cases)
    EXPECT_EQ(parse(text).outcome, outcome) << text << " -> " << status_of(parse(text).outcome);
  EXPECT_EQ(parse("a dog that never ends and", ReplyStatus::kCut).outcome, Outcome::kTooLong);
  std::string rambling = "a dog";
  for (int i = 0; i < 39; ++i) rambling += " and";
  EXPECT_EQ(parse(rambling).outcome, Outcome::kTooLong);
}

TEST(ParseReply, ChatModelsRefuseAndExplain) {
  EXPECT_EQ(parse("I\u2019m sorry, but I can\u2019t see it").outcome, Outcome::kRefused);
  EXPECT_EQ(parse("Unfortunately, I have no picture").outcome, Outcome::kRefused);
  EXPECT_EQ(parse("Here\u2019s one: a dog on the shore").outcome, Outcome::kPreamble);
  EXPECT_EQ(parse("write image captions differently, a dog").outcome, Outcome::kPromptLeak);
}

TEST(ParseReply, AnotherScriptIsNoRewrite) {
  EXPECT_EQ(parse("\u4e00\u53ea\u72d7\u5728\u6d77\u6ee9\u4e0a\u5954\u8dd1").outcome,
            Outcome::kWrongScript);
  EXPECT_EQ(parse("\u0441\u043e\u0431\u0430\u043a\u0430 \u0431\u0435\u0436\u0438\u0442").outcome,
            Outcome::kWrongScript);
  // A foreign name among English words is none.
  EXPECT_EQ(parse("a dog named \u72d7 runs along the shore").outcome, Outcome::kAccepted);
  // Nor is a script that the source uses, or one beside a source without letters.
  EXPECT_EQ(parse("\u4e00 \u53ea \u72d7 \u8dd1", ReplyStatus::kStopped, "\u72d7 dog").outcome,
            Outcome::kAccepted);
  EXPECT_EQ(parse("number seven", ReplyStatus::kStopped, "7").outcome, Outcome::kAccepted);
  EXPECT_EQ(status_of(Outcome::kWrongScript), "rejected:wrong-script");
}

TEST(ParseReply, TextsOfTheRecordedDemoStayAccepted) {
  const auto path = std::filesystem::path(CLIPWRIGHT_SOURCE_DIR) / "data/demo/rewrites.jsonl.gz";
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  ASSERT_NE(file, nullptr);
  std::vector<char> line(1 << 16);
  int texts = 0;
  while (gzgets(file.get(), line.data(), static_cast<int>(line.size())) != nullptr) {
    const Json record = Json::parse(line.data());
    if (!record.contains("text")) continue;
    ++texts;
    const Rewrite rewrite =
        parse(record["text"], ReplyStatus::kStopped, record["source"].get<std::string>());
    EXPECT_EQ(rewrite.outcome, Outcome::kAccepted)
        << record["text"] << " " << status_of(rewrite.outcome);
    EXPECT_EQ(rewrite.text, record["text"].get<std::string>());
  }
  EXPECT_GT(texts, 2000);
}

TEST(ParseReply, WhatIsKeptIsAlwaysOneLineOfUtf8) {
  for (const std::string text : {"a\nb\nc", "a \xc3 b", "\xff\xfe", "x\ry"}) {
    const Rewrite rewrite = parse(text);
    EXPECT_EQ(rewrite.text.find_first_of("\r\n"), std::string::npos);
    EXPECT_TRUE(text::unicode::is_utf8(rewrite.text));
  }
}

TEST(ParseReply, AMegabyteIsNoProblem) {
  EXPECT_EQ(parse(std::string(2 << 20, 'x'), ReplyStatus::kCut).outcome, Outcome::kTooShort);
  EXPECT_EQ(parse(std::string(2 << 20, '"'), ReplyStatus::kCut).outcome, Outcome::kEmpty);
}

}  // namespace
}  // namespace clipwright::rewrite::engine
