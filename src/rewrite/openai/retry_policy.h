// What an HTTP reply means for the request that asked: use it, ask again, wait, give up, stop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "rewrite/openai/http_client.h"

namespace clipwright::rewrite::openai {

enum class Verdict {
  kAnswer,  ///< status 200
  kRetry,   ///< the server or the line is in trouble: 408, 409, 425, 5xx, connection loss, timeout
  kBusy,    ///< the server asks for patience: 429, or 503 with Retry-After
  kGiveUp,  ///< this request gets no answer, whoever asks: another 4xx, a reply beyond the limit
  kStop,    ///< no request will get one: 401, 402, 403, 404, redirects, no quota, a bad certificate
};

struct Judgement {
  Verdict verdict = Verdict::kAnswer;
  std::string reason;  ///< one line, at most 200 bytes
  std::string kind;    ///< "http-400", "timeout", "unreachable", "broken", "refused", "too-large"
  std::optional<std::chrono::milliseconds> wait;  ///< what Retry-After asks for, capped
};

/// Retry-After is read as seconds, as retry-after-ms, or as a date; a date counts from the reply's
/// own Date header, so this machine's clock need not be right.
Judgement judge(const HttpReply& reply);

struct RetryPolicy {
  int tries = 8;  ///< of one request; 429 is not counted
  std::chrono::milliseconds base{500};
  std::chrono::milliseconds longest{60'000};
  /// Pause before the try after `tries` failed ones: doubling from `base`, between half and the
  /// whole of it, drawn by the key alone.
  std::chrono::milliseconds delay(int tries, uint64_t key) const;
};

/// Untrusted text as it may stand in a message or the ledger: UTF-8, one line, at most `most`
/// bytes.
std::string quoted_reason(std::string_view text, size_t most = 160);

}  // namespace clipwright::rewrite::openai
