// The addresses of one OpenAI-compatible server.
#pragma once

#include <string>
#include <vector>

#include "rewrite/openai/openai_protocol.h"

namespace clipwright::rewrite::openai {

struct OpenAiAddress {
  std::string base;  ///< what a client appends to: "http://host:port/v1"; no last "/"
  std::string models() const { return base + "/models"; }
  std::string generate(OpenAiApi api) const { return base + std::string(path_of(api)); }
};

/// Where the server of a base URL may be, the likeliest first. A client appends to what it is
/// given, so a path is taken as it is ("/v1beta/openai") and, unless it ends in a version, also
/// with "/v1" behind it; of a bare host "/v1" comes first. Throws Error(kUsage) for what is no
/// http(s) address, holds a password or a query, or is the address of a request
/// ("/v1/chat/completions"), naming what to cut.
std::vector<OpenAiAddress> addresses_of(const std::string& base_url);

}  // namespace clipwright::rewrite::openai
