#include "rewrite/openai/openai_address.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/error.h"
#include "core/words.h"

namespace clipwright::rewrite::openai {
namespace {

// Ends of what a request is sent to; longer ones first.
constexpr std::array<std::string_view, 10> kRequests = {
    "/chat/completions", "/api/generate", "/api/chat", "/api/tags", "/completions",
    "/embeddings",       "/responses",    "/models",   "/generate", "/health"};

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// "v1", "v1beta", "v4".
bool is_version(std::string_view segment) {
  return segment.size() >= 2 && segment[0] == 'v' && is_digit(segment[1]);
}

std::string_view last_segment(std::string_view address) {
  return address.substr(address.rfind('/') + 1);
}

/// Without the end that names a request, where there is one.
std::string_view without_request(std::string_view address) {
  for (const std::string_view request : kRequests) {
    if (address.ends_with(request)) return address.substr(0, address.size() - request.size());
  }
  constexpr std::string_view kChat = "/chat";
  const std::string_view before =
      address.substr(0, address.size() - std::min(address.size(), kChat.size()));
  return address.ends_with(kChat) && is_version(last_segment(before)) ? before : address;
}

}  // namespace

std::vector<OpenAiAddress> addresses_of(const std::string& base_url) {
  std::string base = base_url;
  const std::string small = ascii_lower(base);
  if (!small.starts_with("http://") && !small.starts_with("https://")) {
    fail_usage("--base-url " + (base.empty() ? "is missing" : "'" + base + "'"),
               "an address such as http://127.0.0.1:8080");
  }
  const size_t host = base.find("://") + 3;
  if (base.substr(host, base.find('/', host) - host).find('@') != std::string::npos)
    fail_usage("--base-url holds a name or password", "an address without them",
               "Put the key into OPENAI_API_KEY.");
  if (const size_t query = base.find_first_of("?#"); query != std::string::npos)
    fail_usage(
        "--base-url '" + base + "' goes on behind its path",
        "an address that ends before '" + base.substr(query, 1) + "': " + base.substr(0, query));
  const auto cut_slashes = [&] {
    while (base.size() > host && base.ends_with('/')) base.pop_back();
  };
  cut_slashes();
  if (const std::string_view before = without_request(base); before.size() < base.size()) {
    const std::string given = base;
    base.resize(std::max(host, before.size()));
    cut_slashes();
    fail_usage("--base-url '" + given + "' is the address of one request",
               "the part before it: " + base, "Cut '" + given.substr(base.size()) + "' off.");
  }
  if (base.find('/', host) == std::string::npos) return {{base + "/v1"}, {base}};
  if (is_version(last_segment(base))) return {{base}};
  return {{base}, {base + "/v1"}};
}

}  // namespace clipwright::rewrite::openai
