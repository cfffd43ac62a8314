#include "rewrite/openai/model_list.h"

#include <gtest/gtest.h>

namespace clipwright::rewrite::openai {
namespace {

using Names = std::vector<std::string>;

TEST(ModelList, EveryShapeIsReadAndNamelessModelsArePassedOver) {
  EXPECT_EQ(read_models(R"({"data":[{"id":"a","owned_by":"vllm"},{"id":""},{"name":"b"}]})").names,
            (Names{"a", "b"}));
  EXPECT_EQ(read_models(R"({"data":[{"id":"a","owned_by":"vllm"}]})").owner, "vllm");
  EXPECT_EQ(read_models(R"([{"id":"a"}])").names, (Names{"a"}));
  EXPECT_EQ(read_models(R"({"models":[{"name":"qwen3:4b","model":"qwen3:4b"}]})").names,
            (Names{"qwen3:4b"}));
  for (const char* nothing :
       {R"({"data":[{"id":""}]})", R"({"data":[{"id":null},7,null]})", R"({"data":[]})", "[]"}) {
    EXPECT_TRUE(read_models(nothing).is_list) << nothing;
    EXPECT_TRUE(read_models(nothing).names.empty()) << nothing;
  }
  for (const char* none : {"<html>", "", "{}", "null", R"({"data":null})", R"({"error":"x"})"})
    EXPECT_FALSE(read_models(none).is_list) << none;
}

TEST(ModelList, AServerMayCallAModelByMoreThanItsUsersDo) {
  const Names names = {"models/gemini-flash", "llama3.2:latest", "openai/*", "plain"};
  for (const char* there : {"models/gemini-flash", "gemini-flash", "llama3.2", "llama3.2:latest",
                            "openai/gpt-5", "plain"})
    EXPECT_TRUE(lists(names, there)) << there;
  for (const char* absent : {"gemini", "llama3.2:3b", "other/gpt-5", "plai", ""})
    EXPECT_FALSE(lists(names, absent)) << absent;
}

}  // namespace
}  // namespace clipwright::rewrite::openai
