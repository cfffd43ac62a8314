#include "rewrite/openai/reply_stream.h"

#include <gtest/gtest.h>

#include "rewrite/openai/openai_protocol.h"

namespace clipwright::rewrite::openai {
namespace {

std::string chunk(const std::string& content, const std::string& finish = "null") {
  return R"({"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":)" +
         Json(content).dump() + R"(},"finish_reason":)" + finish + "}]}";
}

engine::Reply chat(const std::string& body) {
  return parse_reply_body(OpenAiApi::kChat, body).reply;
}

TEST(ReplyStream, EventsAreOneReply) {
  for (const std::string end : {"\n\n", "\r\n\r\n", "\r\r", "\n"}) {
    for (const std::string head : {"data: ", "data:"}) {
      const std::string body = ": OPENROUTER PROCESSING" + end + "event: message" + end + head +
                               R"({"choices":[{"index":0,"delta":{"role":"assistant"}}]})" + end +
                               head + chunk("a dog ") + end + head + chunk("runs", "\"stop\"") +
                               end + head + R"({"choices":[],"usage":{"prompt_tokens":9,)" +
                               R"("completion_tokens":3}})" + end + head + "[DONE]" + end;
      const engine::Reply reply = chat(body);
      EXPECT_EQ(reply.status, engine::ReplyStatus::kStopped) << body << reply.text;
      EXPECT_EQ(reply.text, "a dog runs") << body;
      EXPECT_EQ(reply.tokens_in, 9);
      EXPECT_EQ(reply.tokens_out, 3);
    }
  }
}

TEST(ReplyStream, LinesListsAndSinglePiecesAreOneReply) {
  const std::string first = chunk("a dog "), last = chunk("runs", "\"length\"");
  for (const std::string& body :
       {first + "\n" + last + "\n", "\xEF\xBB\xBF" + first + "\r\n" + last,
        "[" + first + "," + last + "]"}) {
    EXPECT_EQ(chat(body).text, "a dog runs") << body;
    EXPECT_EQ(chat(body).status, engine::ReplyStatus::kCut) << body;
  }
  EXPECT_EQ(chat(chunk("a dog", "\"stop\"")).text, "a dog");
  EXPECT_EQ(
      chat("data: " +
           std::string(R"({"choices":[{"message":{"content":"a dog"},"finish_reason":"stop"}]})") +
           "\n\n")
          .text,
      "a dog");
  // Ollama's own.
  const std::string native =
      R"({"message":{"role":"assistant","content":"a dog "},"done":false})"
      "\n"
      R"({"message":{"content":"runs"},"done":true,"done_reason":"stop","eval_count":4})";
  EXPECT_EQ(chat(native).text, "a dog runs");
  EXPECT_EQ(chat(native).tokens_out, 4);
  const ParsedReply text = parse_reply_body(
      OpenAiApi::kCompletions, R"(data: {"choices":[{"text":" a dog"}]})"
                               "\n\n"
                               R"(data: {"choices":[{"text":" runs","finish_reason":"stop"}]})");
  EXPECT_EQ(text.reply.text, " a dog runs");
}

TEST(ReplyStream, ThoughtsAndErrorsOfAStreamAreWhatTheyAre) {
  EXPECT_EQ(chat(R"(data: {"choices":[{"delta":{"reasoning_content":"Okay, "}}]})"
                 "\n\n"
                 R"(data: {"choices":[{"delta":{},"finish_reason":"length"}]})")
                .status,
            engine::ReplyStatus::kThought);
  const std::string error = "data: {\"error\":{\"message\":\"cold\",\"code\":502}}\n\n";
  for (const std::string& body : {error, "data: " + chunk("a d") + "\n\n" + error}) {
    const ParsedReply refused = parse_reply_body(OpenAiApi::kChat, body);
    ASSERT_TRUE(refused.refusal) << body;
    EXPECT_EQ(refused.refusal->status, 502);
    EXPECT_EQ(refused.refusal->message, "cold");
  }
}

TEST(ReplyStream, WhatEndsBeforeItsEndIsDamaged) {
  for (const std::string& body :
       {"data: " + chunk("a dog") + "\n\n", chunk("a dog") + "\n" + chunk("x"),
        "data: " + chunk("a dog").substr(0, 40), std::string("data: x\n\n"),
        chunk("a dog") + "\nnonsense"})
    EXPECT_TRUE(parse_reply_body(OpenAiApi::kChat, body).damaged) << body;
  EXPECT_NE(chat("\x1f\x8b\x08 ...").text.find("no Content-Encoding"), std::string::npos);
  EXPECT_NE(chat("<html>").text.find("<html>"), std::string::npos);
}

}  // namespace
}  // namespace clipwright::rewrite::openai
