#include "rewrite/openai/openai_protocol.h"

#include <gtest/gtest.h>

namespace clipwright::rewrite::openai {
namespace {

using engine::ReplyStatus;

ParsedReply chat(const Json& message, const Json& finish = "stop", const Json& usage = nullptr) {
  return parse_reply_json(
      OpenAiApi::kChat,
      {{"choices", {{{"message", message}, {"finish_reason", finish}}}}, {"usage", usage}});
}

TEST(OpenAiProtocol, AThoughtInAFieldOfItsOwnIsNoAnswer) {
  for (const char* field : {"reasoning_content", "reasoning", "thinking"}) {
    for (const Json& content : {Json(), Json(""), Json("\n\n"), Json::array()}) {
      const ParsedReply parsed = chat({{"content", content}, {field, "Okay, the user"}}, "length");
      EXPECT_EQ(parsed.reply.status, ReplyStatus::kThought) << field << content;
      EXPECT_EQ(parsed.reply.text, "Okay, the user");
    }
    EXPECT_EQ(chat({{"content", "\n\na dog\n"}, {field, "Okay"}}).reply.text, "a dog");
    EXPECT_EQ(chat({{"content", "a dog"}, {field, nullptr}}).reply.text, "a dog");
    EXPECT_EQ(chat({{"content", ""}, {field, ""}}).reply.status, ReplyStatus::kStopped);
  }
  EXPECT_EQ(chat({{"content", nullptr}, {"reasoning_details", {{{"text", "hm"}}}}}).reply.status,
            ReplyStatus::kThought);
  // Out of sight, and counted.
  const Json hidden = {{"prompt_tokens", 9},
                       {"completion_tokens", 77},
                       {"completion_tokens_details", {{"reasoning_tokens", 77}}}};
  EXPECT_EQ(chat({{"content", ""}}, "length", hidden).reply.status, ReplyStatus::kThought);
  EXPECT_EQ(chat({{"content", "a dog"}}, "stop", hidden).reply.text, "a dog");
  EXPECT_EQ(chat({{"content", nullptr}}).reply.status, ReplyStatus::kStopped);
  EXPECT_EQ(chat({{"content", nullptr}, {"refusal", "I cannot"}}).reply.text, "I cannot");
}

TEST(OpenAiProtocol, PartsOfAMessageThatAreThoughtsAreLeftOut) {
  const Json thinking = {{"type", "thinking"}, {"thinking", {{{"type", "text"}, {"text", "hm"}}}}};
  const Json reasoning = {{"type", "reasoning"}, {"text", "hm"}};
  const Json text = {{"type", "text"}, {"text", "a dog"}};
  EXPECT_EQ(chat({{"content", {thinking, reasoning, text}}}).reply.text, "a dog");
  EXPECT_EQ(chat({{"content", {thinking}}}).reply.status, ReplyStatus::kThought);
  EXPECT_EQ(chat({{"content", {text, {{"type", "output_text"}, {"text", " runs"}}}}}).reply.text,
            "a dog runs");
}

TEST(OpenAiProtocol, AThoughtInTheTextIsCutOffInEitherApi) {
  const std::string written = "<think>\nOkay\n</think>\n\na dog runs\nfast";
  EXPECT_EQ(chat({{"content", written}}, "length").reply.text, "a dog runs");
  EXPECT_EQ(chat({{"content", written}}, "length").reply.status, ReplyStatus::kStopped);
  EXPECT_EQ(chat({{"content", "<think>Okay"}}, "length").reply.status, ReplyStatus::kThought);
  EXPECT_EQ(chat({{"content", "<think>"}}).reply.status, ReplyStatus::kThought);  // cut at a stop
  const ParsedReply text = parse_reply_json(
      OpenAiApi::kCompletions, {{"choices", {{{"text", written}, {"finish_reason", "stop"}}}}});
  EXPECT_EQ(text.reply.text, "a dog runs");
}

TEST(OpenAiProtocol, AnErrorInAGoodReplyKeepsItsWordsAndItsCode) {
  const auto parse = [](const std::string& json) {
    return parse_reply_body(OpenAiApi::kChat, json);
  };
  const ParsedReply money = parse(R"({"id":"g","error":{"message":"no credits","code":402}})");
  ASSERT_TRUE(money.refusal);
  EXPECT_EQ(money.refusal->status, 402);
  EXPECT_EQ(money.reply.text, "no credits");
  const ParsedReply choice =
      parse(R"({"choices":[{"message":{"content":""},"error":{"message":"cold","code":502}}]})");
  ASSERT_TRUE(choice.refusal);
  EXPECT_EQ(choice.refusal->status, 502);
  // No code: told with its words, and tried again a few times.
  for (
      const char* json :
      {R"({"error":"it broke"})", R"({"choices":null,"detail":"it broke"})",
       R"({"choices":[],"message":"it broke"})",
       R"({"choices":[{"message":{"content":"a"},"finish_reason":"error"}],"error":"it broke"})"}) {
    EXPECT_FALSE(parse(json).refusal) << json;
    EXPECT_TRUE(parse(json).damaged) << json;
    EXPECT_NE(parse(json).reply.text.find("it broke"), std::string::npos) << parse(json).reply.text;
  }
  // No words at all: what came is shown.
  const ParsedReply null = parse(R"({"id":null,"choices":null})");
  EXPECT_EQ(null.reply.text, R"(no list of choices in {"id":null,"choices":null})");
  // Beside an answer an error says nothing.
  for (const char* error : {"null", "{}", "\"\"", "false"}) {
    EXPECT_EQ(parse(R"({"choices":[{"message":{"content":"a dog"},"error":)" + std::string(error) +
                    R"(}],"error":)" + error + "}")
                  .reply.text,
              "a dog");
  }
}

TEST(OpenAiProtocol, CountsThatAreLeftOutAreEstimatedAndSaySo) {
  const engine::Request request{.prefix = std::string(400, 'p'), .body = std::string(40, 'b')};
  const auto reply = [&](const Json& usage) {
    ParsedReply parsed =
        chat({{"content", std::string(80, 'a') + "\n" + std::string(79, 'b')}}, "stop", usage);
    estimate_tokens(request, parsed);
    return parsed.reply;
  };
  for (const Json& usage : {Json(), Json::object(), Json{{"prompt_tokens", 0}},
                            Json{{"prompt_tokens", "9"}, {"completion_tokens", -1}}}) {
    EXPECT_EQ(reply(usage).tokens_in, 111) << usage;
    EXPECT_EQ(reply(usage).tokens_out, 41) << usage;  // of all that was written, not of the line
    EXPECT_TRUE(reply(usage).tokens_estimated);
  }
  EXPECT_EQ(reply({{"prompt_tokens", 9}}).tokens_in, 9);
  EXPECT_TRUE(reply({{"prompt_tokens", 9}}).tokens_estimated);
  EXPECT_FALSE(reply({{"prompt_tokens", 9}, {"completion_tokens", 3}}).tokens_estimated);
}

}  // namespace
}  // namespace clipwright::rewrite::openai
