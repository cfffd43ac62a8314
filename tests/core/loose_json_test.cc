#include "core/loose_json.h"

#include <gtest/gtest.h>

namespace clipwright {
namespace {

/// What the text is in standard JSON; empty for what is no JSON.
std::string standard(std::string_view text) {
  const Json value = parse_loosely(text);
  return value.is_discarded() ? std::string() : value.dump();
}

TEST(LooseJson, ReadsWhatPythonWrites) {
  EXPECT_EQ(standard(R"({"caption": "a dog", "similarity": NaN})"),
            R"({"caption":"a dog","similarity":null})");
  EXPECT_EQ(standard("[NaN, Infinity, -Infinity, -1.5, 1e999, -1E+999, 1e-999]"),
            "[null,null,null,-1.5,null,null,0.0]");
  EXPECT_EQ(standard("NaN"), "null");
  EXPECT_EQ(standard(R"({"a": {"b": [NaN]}, "c": 7})"), R"({"a":{"b":[null]},"c":7})");
}

TEST(LooseJson, WordsInsideTextsAreText) {
  EXPECT_EQ(standard(R"({"NaN": "NaN and \"Infinity\" 1e999", "x": NaN})"),
            R"({"NaN":"NaN and \"Infinity\" 1e999","x":null})");
  EXPECT_EQ(standard(R"(["back\\", NaN, "\\"])"), R"(["back\\",null,"\\"])");
}

TEST(LooseJson, HalfASurrogatePairIsAReplacementCharacter) {
  EXPECT_EQ(parse_loosely(R"({"caption": "a dog \ud83d"})")["caption"], "a dog \uFFFD");
  EXPECT_EQ(parse_loosely(R"(["\uDE00 \ud83d\uDE00 \u00e9 \\ud83d"])")[0],
            "\uFFFD \U0001F600 é \\ud83d");
  EXPECT_EQ(parse_loosely(R"(["\ud83dx"])")[0], "\uFFFDx");
}

TEST(LooseJson, NumbersOf64BitsAreExact) {
  EXPECT_EQ(standard("[9007199254740993, 9223372036854775807, 18446744073709551615, NaN]"),
            "[9007199254740993,9223372036854775807,18446744073709551615,null]");
}

TEST(LooseJson, WhatPythonRefusesIsRefused) {
  for (const char* text :
       {"", "{", "nan", "Inf", "[NaN", "{\"a\": NaNx}", "{'a': NaN}", "[1,]", "\"\\u12",
        "\"\\ud83d", "[NaN] x", "\\", "{\"a\": \"\xff\", \"b\": NaN}"})
    EXPECT_EQ(standard(text), "") << text;
}

}  // namespace
}  // namespace clipwright
