// What an HTTP reply means for the request that asked: use it, ask again, wait, give up, stop.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "rewrite/openai/http_client.h"
#include "rewrite/openai/openai_protocol.h"

namespace clipwright::rewrite::openai {

enum class Verdict {
  kAnswer,    ///< status 200 or another of its hundred
  kRetry,     ///< the server or the line is in trouble: 408, 409, 424, 425, 5xx, connection loss,
              ///< timeout, a page (HTML) where a reply should be
  kBusy,      ///< the server asks for patience: 429, or 503 with Retry-After
  kUnusable,  ///< a reply that nobody can use: beyond the limit, or damaged; another seed may help
  kGiveUp,    ///< this request gets no answer, whoever asks: another 4xx, 403 of a moderation
  kStop,  ///< no request will get one: 401, 402, 403, 404, redirects, no quota, a bad certificate,
          ///< a compression that nobody reads
};

struct Judgement {
  Verdict verdict = Verdict::kAnswer;
  std::string reason;  ///< one line, at most 200 bytes
  std::string kind;    ///< "http-400", "timeout", "unreachable", "broken", "refused", "too-large",
                       ///< "damaged"
  int status = 0;      ///< of the reply, or what an error in a good reply means as one; 0: none
  std::optional<std::chrono::milliseconds> wait;  ///< what Retry-After asks for, capped
};

/// Retry-After is read as seconds, as retry-after-ms, or as a date; a date counts from the reply's
/// own Date header, so this machine's clock need not be right.
Judgement judge(const HttpReply& reply);
/// The same, and what is in a good reply: `parsed` where the verdict is kAnswer. An error in a
/// reply with status 200 means what its code means as a status.
Judgement judge(OpenAiApi api, const HttpReply& reply, ParsedReply& parsed);

struct RetryPolicy {
  int tries = 8;  ///< of one request; 429 is not counted
  std::chrono::milliseconds base{500};
  std::chrono::milliseconds longest{60'000};
  /// Pause before the try after `tries` failed ones: doubling from `base`, between half and the
  /// whole of it, drawn by the key alone.
  std::chrono::milliseconds delay(int tries, uint64_t key) const;
};

}  // namespace clipwright::rewrite::openai
