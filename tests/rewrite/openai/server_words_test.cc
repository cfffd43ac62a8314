#include "rewrite/openai/server_words.h"

#include <gtest/gtest.h>

namespace clipwright::rewrite::openai {
namespace {

ServerWords words(const std::string& json) { return words_of(Json::parse(json)); }

TEST(ServerWords, EveryShapeIsRead) {
  const std::vector<std::tuple<std::string, std::string, int>> shapes = {
      {R"({"error":{"message":"no money","code":402}})", "no money", 402},
      {R"({"error":{"message":"no money","code":"402"}})", "no money", 402},
      {R"({"error":"no money"})", "no money", 0},
      {R"({"error":[{"message":"slow","code":429,"status":"RESOURCE_EXHAUSTED"}]})", "slow", 429},
      {R"({"errors":[{"code":7003,"message":"no route"}],"success":false})", "no route", 0},
      {R"({"message":"no key","code":"InvalidApiKey","request_id":"x"})", "no key", 401},
      {R"({"object":"error","message":"too long","type":"invalid_request_error"})", "too long",
       400},
      {R"({"detail":"Not Found"})", "Not Found", 0},
      {R"({"error_code":17,"error_msg":"daily limit reached"})", "daily limit reached", 0},
      {R"({"base_resp":{"status_code":1004,"status_msg":"login fail"},"choices":null})",
       "login fail", 0},
      {R"({"error":{"message":"Provider returned error","code":502,"metadata":{"raw":"cold"}}})",
       "Provider returned error (cold)", 502},
      {R"({"error":{"type":"overloaded_error","message":"busy"}})", "busy", 503},
      {R"({"error":{"type":"authentication_error","message":"who?"}})", "who?", 401},
      {R"({"error":{"code":"rate_limit_exceeded","message":"wait"}})", "wait", 429},
      {R"({"error":{"code":"insufficient_quota","message":"pay"}})", "pay", 402},
      {R"({"error":{"code":500}})", R"({"code":500})", 500}};
  for (const auto& [json, message, status] : shapes) {
    EXPECT_EQ(words(json).message, message) << json;
    EXPECT_EQ(words(json).status, status) << json;
  }
}

TEST(ServerWords, WhatSaysThatAllIsWellSaysNothing) {
  for (const char* json :
       {"{}", "[]", "null", R"({"error":null})", R"({"error":{}})", R"({"error":""})",
        R"({"error":{"code":0,"message":"success"}})",
        R"({"base_resp":{"status_code":0,"status_msg":"ok"}})", R"({"id":null,"choices":null})"}) {
    EXPECT_EQ(words(json).message, "") << json;
    EXPECT_EQ(words(json).status, 0) << json;
  }
}

TEST(ServerWords, ABodyThatIsNoJsonIsItsOwnMessage) {
  EXPECT_EQ(words_of_body("<html>\nBad gateway").message, "<html> Bad gateway");
  EXPECT_EQ(words_of_body(R"([{"error":{"message":"x","code":429}}])").status, 429);
}

}  // namespace
}  // namespace clipwright::rewrite::openai
