// Finding out what an OpenAI-compatible server can do, with a few tiny requests before any work.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "rewrite/engine/monotonic_clock.h"
#include "rewrite/openai/http_client.h"
#include "rewrite/openai/openai_protocol.h"

namespace clipwright::rewrite::openai {

/// The addresses of one server. Accepts "http://host:port", with or without "/v1" and a last "/".
struct OpenAiAddress {
  /// Throws Error(kUsage) for what is no http(s) address or holds a password.
  explicit OpenAiAddress(const std::string& base_url);
  std::string root;  ///< without /v1
  std::string models() const { return root + "/v1/models"; }
  std::string health() const { return root + "/health"; }
  std::string generate(OpenAiApi api) const { return root + "/v1" + std::string(path_of(api)); }
};

struct OpenAiServer {
  OpenAiDialect dialect;
  std::vector<std::string> models;   ///< as /v1/models lists them; empty where it does not
  std::string owner;                 ///< "llamacpp", "vllm", ...
  std::vector<std::string> dropped;  ///< fields it refused
  Json facts = Json::object();       ///< what it says of the model besides its name, and stays so
};

struct ProbeOptions {
  OpenAiApi api = OpenAiApi::kAuto;
  std::string model;                         ///< empty: the only one the server lists
  language::Sampling sampling;               ///< what is tried out
  std::chrono::seconds patience{600};        ///< with a server that is still loading
  std::chrono::milliseconds between{1'000};  ///< looks at a loading server
};

/// Lists the models, then sends requests for one token until one is taken: a field that the server
/// refuses is left out from then on. Throws Error(kUsage) when it lists models but not this one,
/// Error(kFailed) when nobody answers, the key is wrong, or no request is taken.
OpenAiServer probe_server(HttpClient& client, const OpenAiAddress& address,
                          const ProbeOptions& options, engine::MonotonicClock& clock);

}  // namespace clipwright::rewrite::openai
