// Finding out what an OpenAI-compatible server can do, with a few tiny requests before any work.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "rewrite/engine/monotonic_clock.h"
#include "rewrite/openai/http_client.h"
#include "rewrite/openai/openai_address.h"
#include "rewrite/openai/openai_protocol.h"

namespace clipwright::rewrite::openai {

struct OpenAiServer {
  OpenAiAddress address;  ///< the one of those possible at which it answers
  OpenAiDialect dialect;
  std::vector<std::string> models;   ///< as /models lists them; empty where it names none
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
/// refuses is left out from then on; `stop`, though it stays a field, is not said to a model that
/// begins with a thought, which a line break must not end. Of several addresses the first counts at
/// which there is a server. Throws Error(kUsage) when it lists models but not this one,
/// Error(kFailed) when nobody answers, the key is wrong, or no request is taken.
OpenAiServer probe_server(HttpClient& client, const std::vector<OpenAiAddress>& addresses,
                          const ProbeOptions& options, engine::MonotonicClock& clock);

}  // namespace clipwright::rewrite::openai
