#include "rewrite/openai/openai_address.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::rewrite::openai {
namespace {

std::vector<std::string> bases(const std::string& url) {
  std::vector<std::string> all;
  for (const OpenAiAddress& address : addresses_of(url)) all.push_back(address.base);
  return all;
}
std::string refusal(const std::string& url) {
  try {
    addresses_of(url);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage) << url;
    return error.what();
  }
  return {};
}

TEST(OpenAiAddress, AClientAppendsToWhatItIsGiven) {
  using Bases = std::vector<std::string>;
  EXPECT_EQ(bases("http://h:80"), (Bases{"http://h:80/v1", "http://h:80"}));
  EXPECT_EQ(bases("http://h:80/"), (Bases{"http://h:80/v1", "http://h:80"}));
  EXPECT_EQ(bases("https://h/v1"), (Bases{"https://h/v1"}));
  EXPECT_EQ(bases("https://h/v1///"), (Bases{"https://h/v1"}));
  EXPECT_EQ(bases("https://h/api/paas/v4"), (Bases{"https://h/api/paas/v4"}));
  EXPECT_EQ(bases("https://h/v1beta/openai"),
            (Bases{"https://h/v1beta/openai", "https://h/v1beta/openai/v1"}));
  EXPECT_EQ(bases("https://h/openai/"), (Bases{"https://h/openai", "https://h/openai/v1"}));
  EXPECT_EQ(bases("HTTPS://h/v1"), (Bases{"HTTPS://h/v1"}));
  const OpenAiAddress address = addresses_of("http://h/v1").front();
  EXPECT_EQ(address.models(), "http://h/v1/models");
  EXPECT_EQ(address.generate(OpenAiApi::kChat), "http://h/v1/chat/completions");
}

TEST(OpenAiAddress, OfTheAddressOfARequestItSaysWhatToCut) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"http://h/v1/chat/completions",
       "expected the part before it: http://h/v1. Cut "
       "'/chat/completions' off."},
      {"http://h/v1/chat/completions/", "before it: http://h/v1. Cut '/chat/completions' off."},
      {"http://h/v1/completions", "before it: http://h/v1. Cut '/completions' off."},
      {"http://h/v1/chat", "before it: http://h/v1. Cut '/chat' off."},
      {"http://h/v1/models", "before it: http://h/v1."},
      {"http://h/v1/responses", "before it: http://h/v1."},
      {"http://h/v1/embeddings", "before it: http://h/v1."},
      {"http://h/v1beta/openai/chat/completions", "before it: http://h/v1beta/openai."},
      {"http://h:11434/api/generate", "before it: http://h:11434. Cut '/api/generate' off."},
      {"http://h/v1/chat/completions?key=3", "ends before '?'"},
      {"http://h/v1#x", "ends before '#'"}};
  for (const auto& [url, words] : cases)
    EXPECT_NE(refusal(url).find(words), std::string::npos) << url << ": " << refusal(url);
  EXPECT_EQ(refusal("http://h/chat"), "");  // somebody's own path
}

}  // namespace
}  // namespace clipwright::rewrite::openai
