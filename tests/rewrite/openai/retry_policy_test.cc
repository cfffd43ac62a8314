#include "rewrite/openai/retry_policy.h"

#include <gtest/gtest.h>

#include "rewrite/engine/reply.h"
#include "rewrite/openai/circuit_breaker.h"
#include "rewrite/openai/concurrency_limit.h"
#include "text/unicode/utf8.h"

namespace clipwright::rewrite::openai {
namespace {

using namespace std::chrono_literals;

HttpReply with(int status, std::map<std::string, std::string> headers = {}, std::string body = {}) {
  HttpReply reply;
  reply.status = status;
  reply.headers = std::move(headers);
  reply.body = std::move(body);
  return reply;
}

TEST(RetryPolicy, EveryStatusHasAVerdict) {
  const std::map<int, Verdict> expected = {
      {200, Verdict::kAnswer}, {301, Verdict::kStop},  {400, Verdict::kGiveUp},
      {201, Verdict::kAnswer}, {424, Verdict::kRetry}, {401, Verdict::kStop},
      {402, Verdict::kStop},   {403, Verdict::kStop},  {404, Verdict::kStop},
      {408, Verdict::kRetry},  {409, Verdict::kRetry}, {413, Verdict::kGiveUp},
      {422, Verdict::kGiveUp}, {425, Verdict::kRetry}, {429, Verdict::kBusy},
      {500, Verdict::kRetry},  {502, Verdict::kRetry}, {503, Verdict::kRetry},
      {504, Verdict::kRetry},  {529, Verdict::kRetry}};
  for (const auto& [status, verdict] : expected)
    EXPECT_EQ(judge(with(status)).verdict, verdict) << status;
  EXPECT_EQ(judge(with(503, {{"retry-after", "3"}})).verdict, Verdict::kBusy);
  EXPECT_EQ(
      judge(with(429, {}, R"({"error":{"code":"insufficient_quota","message":"pay"}})")).verdict,
      Verdict::kStop);
  for (const auto& [failure, verdict] :
       std::map<HttpFailure, Verdict>{{HttpFailure::kUnreachable, Verdict::kRetry},
                                      {HttpFailure::kTimeout, Verdict::kRetry},
                                      {HttpFailure::kBroken, Verdict::kRetry},
                                      {HttpFailure::kTooLarge, Verdict::kUnusable},
                                      {HttpFailure::kRefused, Verdict::kStop}}) {
    HttpReply reply;
    reply.failure = failure;
    EXPECT_EQ(judge(reply).verdict, verdict);
  }
}

TEST(RetryPolicy, AModerationIsOfTheTextAndNotOfTheKey) {
  EXPECT_EQ(judge(with(403, {}, R"({"error":{"message":"your input was flagged"}})")).verdict,
            Verdict::kGiveUp);
  EXPECT_EQ(judge(with(403, {}, R"({"error":{"message":"no access"}})")).verdict, Verdict::kStop);
}

TEST(RetryPolicy, AnErrorInAGoodReplyMeansWhatItsCodeMeansAsAStatus) {
  const std::map<std::string, Verdict> verdicts = {
      {R"({"code":402,"message":"no credits"})", Verdict::kStop},
      {R"({"code":401,"message":"no key"})", Verdict::kStop},
      {R"({"code":403,"message":"not you"})", Verdict::kStop},
      {R"({"code":"invalid_api_key","message":"no key"})", Verdict::kStop},
      {R"({"code":404,"message":"no endpoint"})", Verdict::kStop},
      {R"({"code":429,"message":"slow"})", Verdict::kBusy},
      {R"({"type":"rate_limit_error","message":"slow"})", Verdict::kBusy},
      {R"({"code":500,"message":"broke"})", Verdict::kRetry},
      {R"({"code":"504","message":"cold"})", Verdict::kRetry},
      {R"({"code":400,"message":"too long"})", Verdict::kGiveUp},
      {R"({"message":"who knows"})", Verdict::kUnusable}};
  for (const auto& [error, verdict] : verdicts) {
    ParsedReply parsed;
    const Judgement judgement = judge(
        OpenAiApi::kChat, with(200, {{"retry-after", "7"}}, R"({"error":)" + error + "}"), parsed);
    EXPECT_EQ(judgement.verdict, verdict) << error << judgement.reason;
    const std::string message = Json::parse(error)["message"];
    EXPECT_NE(judgement.reason.find(message), std::string::npos) << judgement.reason;
    if (verdict == Verdict::kBusy) {
      EXPECT_EQ(judgement.wait, 7000ms);
      EXPECT_EQ(judgement.status, 429);
      EXPECT_EQ(judgement.reason, "http 200 with error 429: slow");
    }
  }
}

TEST(RetryPolicy, RetryAfterIsReadInEveryForm) {
  EXPECT_EQ(judge(with(429, {{"retry-after", "7"}})).wait, 7000ms);
  EXPECT_EQ(judge(with(429, {{"retry-after", "0.5"}})).wait, 500ms);
  EXPECT_EQ(judge(with(429, {{"retry-after-ms", "20"}, {"retry-after", "7"}})).wait, 20ms);
  EXPECT_EQ(judge(with(429, {{"retry-after", "99999999"}})).wait, 300s);
  EXPECT_EQ(judge(with(429, {{"retry-after", "-4"}})).wait, 0ms);
  EXPECT_EQ(judge(with(429, {{"retry-after", "soon"}})).wait, std::nullopt);
  EXPECT_EQ(judge(with(429)).wait, std::nullopt);
  // A date counts from the server's own, so that a wrong clock here changes nothing.
  EXPECT_EQ(judge(with(429, {{"date", "Mon, 07 Jan 1985 10:00:00 GMT"},
                             {"retry-after", "Mon, 07 Jan 1985 10:00:42 GMT"}}))
                .wait,
            42s);
  EXPECT_EQ(judge(with(429, {{"date", "Mon, 07 Jan 1985 10:01:00 GMT"},
                             {"retry-after", "Mon, 07 Jan 1985 10:00:42 GMT"}}))
                .wait,
            0ms);
}

TEST(RetryPolicy, PausesDoubleWithinBoundsAndHangOnTheKeyAlone) {
  const RetryPolicy policy;
  bool differs = false;
  for (int tries = 1; tries <= 12; ++tries) {
    const auto whole = std::min<std::chrono::milliseconds>(500ms * (1 << (tries - 1)), 60s);
    for (uint64_t key = 0; key < 50; ++key) {
      const auto pause = policy.delay(tries, key);
      EXPECT_GE(pause, whole / 2 - 1ms);
      EXPECT_LE(pause, whole);
      EXPECT_EQ(pause, policy.delay(tries, key));
      differs = differs || pause != policy.delay(tries, key + 1);
    }
  }
  EXPECT_TRUE(differs);
}

TEST(RetryPolicy, ReasonsAreShortUtf8Lines) {
  const std::string long_reason =
      judge(with(400, {}, R"({"error":{"message":")" + std::string(900, 'x') + "\"}}")).reason;
  EXPECT_LE(long_reason.size(), 200u);
  EXPECT_EQ(judge(with(400, {}, R"({"detail":[{"msg":"extra"}]})")).reason,
            R"(http 400: [{"msg":"extra"}])");
  for (const std::string& body :
       {std::string("\xff\xfe\n<html>"), std::string(170, '\xc3'),
        "caf\xc3\xa9\n\n" + std::string(155, 'e') + "\xc3\xa9\xc3\xa9\xc3\xa9"}) {
    const std::string reason = judge(with(400, {}, body)).reason;
    EXPECT_TRUE(text::unicode::is_utf8(reason)) << reason;
    EXPECT_EQ(reason.find('\n'), std::string::npos);
  }
}

TEST(CircuitBreaker, OpensProbesTriesOneAndCloses) {
  using State = CircuitBreaker::State;
  CircuitBreaker breaker({.failures = 3, .first_probe = 1s, .longest_probe = 4s});
  const CircuitBreaker::Time start{};
  breaker.failed(start), breaker.failed(start);
  breaker.answered();  // not in a row
  breaker.failed(start), breaker.failed(start);
  EXPECT_EQ(breaker.state(), State::kClosed);
  breaker.failed(start);
  EXPECT_EQ(breaker.state(), State::kOpen);
  EXPECT_EQ(breaker.probe_at(), start + 1s);
  breaker.probed(false, start + 1s);
  EXPECT_EQ(breaker.probe_at(), start + 3s);
  breaker.probed(false, start + 3s);
  EXPECT_EQ(breaker.probe_at(), start + 7s);
  breaker.probed(false, start + 7s);
  EXPECT_EQ(breaker.probe_at(), start + 11s);  // no longer than longest_probe
  breaker.probed(true, start + 11s);
  EXPECT_EQ(breaker.state(), State::kTrial);
  breaker.failed(start + 12s);  // healthy, but not able to answer
  EXPECT_EQ(breaker.state(), State::kOpen);
  breaker.probed(true, start + 16s);
  breaker.answered();
  EXPECT_EQ(breaker.state(), State::kClosed);
}

TEST(ConcurrencyLimit, GrowsWhileAnswersComeAndHalvesOnceForAWave) {
  ConcurrencyLimit limit(64);
  EXPECT_EQ(limit.now(), 4);
  for (int i = 0; i < 100; ++i) limit.answered(1);
  EXPECT_EQ(limit.now(), 64);
  const uint64_t wave = limit.round();
  for (int i = 0; i < 40; ++i) limit.pushed_back(wave);
  EXPECT_EQ(limit.now(), 32);
  limit.pushed_back(limit.round());
  EXPECT_EQ(limit.now(), 16);
  for (int i = 0; i < 17; ++i) limit.answered(1);  // by one now, not by doubling
  EXPECT_EQ(limit.now(), 17);
  for (int i = 0; i < 20; ++i) limit.pushed_back(limit.round());
  EXPECT_EQ(limit.now(), 1);
  EXPECT_EQ(ConcurrencyLimit(2).now(), 2);
}

TEST(ConcurrencyLimit, StopsGrowingWhenAnswersOnlyWaitInTheServer) {
  // A server that works on 8 at a time: what is beyond waits.
  ConcurrencyLimit limit(4096);
  for (int i = 0; i < 20'000; ++i) limit.answered(std::max(1.0, limit.now() / 8.0));
  EXPECT_GE(limit.now(), 16);
  EXPECT_LE(limit.now(), 120);
}

}  // namespace
}  // namespace clipwright::rewrite::openai
