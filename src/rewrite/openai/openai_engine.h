// Texts from an OpenAI-compatible server: vLLM, llama-server, the OpenAI service, and many others
// (docs/engines.md).
//
// A server's text is not promised to come out the same again, with a seed or without; what came is
// kept in the ledger and never asked for again.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rewrite/engine/engine.h"
#include "rewrite/engine/monotonic_clock.h"
#include "rewrite/openai/circuit_breaker.h"
#include "rewrite/openai/http_client.h"
#include "rewrite/openai/openai_server.h"
#include "rewrite/openai/retry_policy.h"

namespace clipwright::rewrite::openai {

struct OpenAiOptions {
  std::string base_url;
  std::string model;     ///< empty: the only one the server has
  std::string revision;  ///< of the model, as the user calls it; part of the recipe
  std::string key;       ///< for the Authorization header; empty: none
  OpenAiApi api = OpenAiApi::kAuto;
  int concurrency = 32;    ///< requests in flight at most
  bool ask_later = false;  ///< probe the server when an answer is needed, not at once
  HttpLimits limits;
  RetryPolicy retry;
  BreakerOptions breaker;
  /// How long the server may answer nothing before the job ends, everything finished kept.
  std::chrono::milliseconds patience{600'000};
  std::shared_ptr<engine::MonotonicClock> clock = std::make_shared<engine::MonotonicClock>();
};

class OpenAiEngine final : public engine::Engine {
 public:
  /// Probes the server, unless it is to be asked later; what needs it then throws what
  /// probe_server throws. Throws Error(kUsage).
  explicit OpenAiEngine(const OpenAiOptions& options);
  ~OpenAiEngine() override;

  Json identity() const override;
  std::string engine_name() const override { return "openai"; }
  bool connected() const override { return server_.has_value(); }
  void connect() override;
  bool could_be(const Json& identity) const override;
  void assume(const Json& identity, const Json& details) override;
  Json details() const override;
  std::string without_thought() const override;
  /// One thread, the caller's: queue and sink are used from nowhere else. Throws Error(kFailed)
  /// when the server refuses everything or stays away longer than `patience`.
  void run(engine::RequestQueue& queue, const language::Sampling& sampling,
           engine::ReplySink& sink) override;

 private:
  struct Assumed {
    Json identity, details;
  };
  const OpenAiServer& server() const;

  OpenAiOptions options_;
  std::vector<OpenAiAddress> addresses_;
  std::unique_ptr<HttpClient> client_;
  mutable std::optional<OpenAiServer> server_;  ///< once it was asked
  std::optional<Assumed> assumed_;
};

}  // namespace clipwright::rewrite::openai
