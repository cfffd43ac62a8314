#include "core/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/error.h"

namespace clipwright {
namespace {

std::string nested(int depth, const std::string& open = "[", const std::string& close = "]") {
  std::string text;
  for (int i = 0; i < depth; ++i) text += open;
  text += "1";
  for (int i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(Json, DeepNestingIsRefusedBeforeItTakesTheStack) {
  for (const int depth : {kDeepestJson + 1, 1'000'000}) {
    for (const std::string& text : {nested(depth), nested(depth, R"({"a":)", "}")}) {
      EXPECT_TRUE(nested_too_deeply(text));
      EXPECT_TRUE(try_json(text).is_discarded());
      try {
        parse_json(text, "a.json");
        ADD_FAILURE() << "taken at " << depth;
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::StartsWith("a.json: has more than 500 arrays"));
        EXPECT_EQ(error.code(), ExitCode::kInput);
      }
    }
  }
}

TEST(Json, WhatIsReadCanBeCopiedComparedAndPrinted) {
  const std::string text = nested(kDeepestJson);
  const Json value = try_json(text);
  ASSERT_FALSE(value.is_discarded());
  const Json copy = value;
  EXPECT_EQ(copy, value);
  EXPECT_EQ(to_line(copy), text);
  EXPECT_EQ(parse_json(text, "a.json"), value);
}

TEST(Json, BracketsInTextsAndSideBySideAreNotDeep) {
  const std::string brackets(2000, '[');
  EXPECT_EQ(try_json("\"" + brackets + "\""), Json(brackets));
  EXPECT_EQ(try_json(R"(["\"[[", ")" + brackets + "\"]").size(), 2);
  std::string wide = "[0";
  for (int i = 0; i < 2000; ++i) wide += ",[{}]";
  EXPECT_EQ(try_json(wide + "]").size(), 2001);
}

TEST(Json, WhatIsNoJsonIsDiscarded) {
  for (const char* text : {"", "{", "[1,]", "\xFF", "\"\\\"", "nul", "1 2"})
    EXPECT_TRUE(try_json(text).is_discarded()) << text;
}

}  // namespace
}  // namespace clipwright
