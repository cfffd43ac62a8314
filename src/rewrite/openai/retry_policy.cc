#include "rewrite/openai/retry_policy.h"

#include <curl/curl.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>

#include "core/random.h"
#include "core/words.h"

namespace clipwright::rewrite::openai {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestAsked{300'000};
constexpr size_t kMostReason = 200;  // bytes

milliseconds capped(double seconds) {
  if (!(seconds > 0)) return milliseconds{0};
  return std::min(kLongestAsked, milliseconds(static_cast<int64_t>(std::min(seconds, 1e6) * 1000)));
}

std::optional<double> number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<milliseconds> retry_after(const HttpReply& reply) {
  if (const auto exact = number(reply.header("retry-after-ms"))) return capped(*exact / 1000);
  const std::string text = reply.header("retry-after");
  if (const auto seconds = number(text)) return capped(*seconds);
  const std::time_t until = text.empty() ? -1 : curl_getdate(text.c_str(), nullptr);
  if (until < 0) return std::nullopt;
  std::time_t now = curl_getdate(reply.header("date").c_str(), nullptr);
  if (now < 0) now = std::time(nullptr);
  return capped(std::difftime(until, now));
}

bool is_good(int status) { return status >= 200 && status < 300; }

bool holds(const std::string& text, std::string_view part) {
  return ascii_lower(text).find(part) != std::string::npos;
}

Verdict verdict_of_status(int status, const ServerWords& words, bool says_when) {
  if (is_good(status)) return Verdict::kAnswer;
  if (status == 429)
    return holds(words.kind, "insufficient_quota") ? Verdict::kStop : Verdict::kBusy;
  if (status == 503 && says_when) return Verdict::kBusy;
  if (status == 408 || status == 409 || status == 424 || status == 425 || status >= 500)
    return Verdict::kRetry;
  // Of this text, not of the key.
  if (status == 403 && (holds(words.message, "moderation") || holds(words.message, "flagged")))
    return Verdict::kGiveUp;
  if (status == 401 || status == 402 || status == 403 || status == 404 || status == 405 ||
      status < 400)
    return Verdict::kStop;
  return Verdict::kGiveUp;
}

/// HTML or XML.
bool is_page(std::string_view body) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  const size_t begin = body.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && body[begin] == '<';
}

/// What a status, with the words that came with it, means.
Judgement judge_status(const HttpReply& reply, int status, const ServerWords& words) {
  Judgement judgement;
  judgement.status = status;
  judgement.wait = retry_after(reply);
  judgement.verdict = verdict_of_status(status, words, judgement.wait.has_value());
  judgement.kind = "http-" + std::to_string(status);
  judgement.reason = "http " + std::to_string(reply.status);
  if (status != reply.status) judgement.reason += " with error " + std::to_string(status);
  if (!words.message.empty()) judgement.reason += ": " + words.message;
  return judgement;
}

}  // namespace

Judgement judge(const HttpReply& reply) {
  switch (reply.failure) {
    case HttpFailure::kNone:
      break;
    case HttpFailure::kTooLarge:
      return {Verdict::kUnusable, reply.reason, "too-large", 0, {}};
    case HttpFailure::kRefused:
      return {Verdict::kStop, quoted_reason(reply.reason), "refused", 0, {}};
    case HttpFailure::kUnreachable:
      return {Verdict::kRetry, quoted_reason(reply.reason), "unreachable", 0, {}};
    case HttpFailure::kTimeout:
      return {Verdict::kRetry, quoted_reason(reply.reason), "timeout", 0, {}};
    case HttpFailure::kBroken:
      return {Verdict::kRetry, quoted_reason(reply.reason), "broken", 0, {}};
  }
  if (is_good(reply.status)) return {.status = reply.status};
  Judgement judgement = judge_status(reply, reply.status, words_of_body(reply.body));
  if (reply.status >= 300 && reply.status < 400)
    judgement.reason += " (redirected to " + quoted_reason(reply.header("location")) + ")";
  return judgement;
}

Judgement judge(OpenAiApi api, const HttpReply& reply, ParsedReply& parsed) {
  Judgement judgement = judge(reply);
  if (judgement.verdict != Verdict::kAnswer) return judgement;
  parsed = parse_reply_body(api, reply.body);
  if (parsed.refusal) return judge_status(reply, parsed.refusal->status, *parsed.refusal);
  if (parsed.damaged) {
    // Another seed does not help against what a proxy says in the server's place.
    judgement.verdict = is_page(reply.body) ? Verdict::kRetry : Verdict::kUnusable;
    judgement.reason = quoted_reason(parsed.reply.text, kMostReason);
    judgement.kind = parsed.reply.error;
  }
  return judgement;
}

milliseconds RetryPolicy::delay(int tries, uint64_t key) const {
  const double doubled = static_cast<double>(base.count()) * std::pow(2.0, std::max(0, tries - 1));
  const double whole = std::min(doubled, static_cast<double>(longest.count()));
  const double share =
      0.5 + 0.5 * Random(key, "retry", static_cast<uint64_t>(tries), uint64_t{0}).uniform();
  return milliseconds(static_cast<int64_t>(whole * share));
}

}  // namespace clipwright::rewrite::openai
