#include "rewrite/openai/retry_policy.h"

#include <curl/curl.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>

#include "core/json.h"
#include "core/random.h"
#include "rewrite/engine/reply.h"
#include "rewrite/prompt/prompt.h"
#include "text/unicode/utf8.h"

namespace clipwright::rewrite::openai {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestAsked{300'000};

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

/// The server's own words: {"error": {"message": ..., "type": ..., "code": ...}} or variants of it.
struct ServerError {
  std::string message, kind;
};
ServerError server_error(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  ServerError error;
  if (!json.is_object()) {
    error.message = quoted_reason(body);
    return error;
  }
  const Json& at = json.contains("error") && json["error"].is_object() ? json["error"] : json;
  for (const char* name : {"message", "error", "detail"}) {
    if (!at.contains(name)) continue;
    error.message =
        quoted_reason(at[name].is_string() ? at[name].get<std::string>() : to_line(at[name]));
    break;
  }
  for (const char* name : {"type", "code"}) {
    if (at.contains(name) && at[name].is_string()) error.kind += at[name].get<std::string>() + " ";
  }
  return error;
}

Verdict verdict_of_status(int status, const std::string& kind, bool says_when) {
  if (status == 200) return Verdict::kAnswer;
  if (status == 429) {
    return kind.find("insufficient_quota") != std::string::npos ? Verdict::kStop : Verdict::kBusy;
  }
  if (status == 503 && says_when) return Verdict::kBusy;
  if (status == 408 || status == 409 || status == 425 || status >= 500) return Verdict::kRetry;
  if (status == 401 || status == 402 || status == 403 || status == 404 || status == 405 ||
      status < 400)
    return Verdict::kStop;
  return Verdict::kGiveUp;
}

}  // namespace

std::string quoted_reason(std::string_view text, size_t most) {
  std::string line = prompt::caption_blanks(text.substr(0, 8 * most));
  if (line.size() > most) {
    line.resize(text::unicode::whole_characters(line, most).size());
    line += "...";
  }
  if (text::unicode::is_utf8(line)) return line;
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return line;
}

Judgement judge(const HttpReply& reply) {
  switch (reply.failure) {
    case HttpFailure::kNone:
      break;
    case HttpFailure::kTooLarge:
      return {Verdict::kGiveUp, reply.reason, "too-large", {}};
    case HttpFailure::kRefused:
      return {Verdict::kStop, quoted_reason(reply.reason), "refused", {}};
    case HttpFailure::kUnreachable:
      return {Verdict::kRetry, quoted_reason(reply.reason), "unreachable", {}};
    case HttpFailure::kTimeout:
      return {Verdict::kRetry, quoted_reason(reply.reason), "timeout", {}};
    case HttpFailure::kBroken:
      return {Verdict::kRetry, quoted_reason(reply.reason), "broken", {}};
  }
  if (reply.status == 200) return {};
  const ServerError error = server_error(reply.body);
  Judgement judgement;
  judgement.wait = retry_after(reply);
  judgement.verdict = verdict_of_status(reply.status, error.kind, judgement.wait.has_value());
  judgement.kind = "http-" + std::to_string(reply.status);
  judgement.reason = "http " + std::to_string(reply.status);
  if (!error.message.empty()) judgement.reason += ": " + error.message;
  if (reply.status >= 300 && reply.status < 400)
    judgement.reason += " (redirected to " + quoted_reason(reply.header("location")) + ")";
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
