#include "rewrite/openai/http_client.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/rewrite/fake_server.h"
#include "tests/rewrite/packed.h"

namespace clipwright::rewrite::openai {
namespace {

using namespace std::chrono_literals;

const HttpLimits kShort = {.connect = 2s, .first_byte = 300ms, .body = 300ms, .reply_bytes = 1000};

TEST(HttpClient, SendsJsonWithTheKeyOverOneKeptConnection) {
  std::vector<std::string> heads;
  FakeServer server([&](const FakeServer::Asked& asked) {
    heads.push_back(asked.head);
    return FakeReply{.body = "echo " + asked.body + " for key-123",
                     .headers = {{"X-Thing", " a b "}}};
  });
  HttpClient client(kShort, "key-123");
  for (int i = 0; i < 3; ++i) {
    const HttpReply reply = client.ask({.url = server.url() + "/x", .body = "{}"});
    ASSERT_EQ(reply.failure, HttpFailure::kNone) << reply.reason;
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "echo {} for ***");  // a server that repeats the key does not spread it
    EXPECT_EQ(reply.header("x-thing"), "a b");
  }
  ASSERT_EQ(heads.size(), 3u);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_NE(heads[0].find("Authorization: Bearer key-123"), std::string::npos);
  EXPECT_NE(heads[0].find("Content-Type: application/json"), std::string::npos);
  EXPECT_EQ(heads[0].rfind("POST /x HTTP/1.1", 0), 0u);
}

TEST(HttpClient, NamesEachKindOfFailure) {
  FakeServer server([](const FakeServer::Asked& asked) {
    FakeReply reply{.body = std::string(100, 'a')};
    if (asked.path == "/large") reply.body.assign(1001, 'a');
    if (asked.path == "/cut") reply.send_only = 50;
    if (asked.path == "/reset") reply.send_only = 50, reply.reset = true;
    if (asked.path == "/short") reply.stated_length = 101;
    if (asked.path == "/slow") reply.between_bytes = 20ms;
    if (asked.path == "/silent") reply.hang = true;
    if (asked.path == "/moved") reply = {.status = 302, .headers = {{"Location", "/other"}}};
    if (asked.path == "/heads") reply.headers.assign(2000, {"X-A", std::string(100, 'b')});
    return reply;
  });
  HttpClient client(kShort);
  const auto failure = [&](const std::string& path) {
    return client.ask({.url = server.url() + path, .body = {}}).failure;
  };
  EXPECT_EQ(failure("/fine"), HttpFailure::kNone);
  EXPECT_EQ(failure("/large"), HttpFailure::kTooLarge);
  EXPECT_EQ(failure("/heads"), HttpFailure::kTooLarge);
  EXPECT_EQ(failure("/cut"), HttpFailure::kBroken);
  EXPECT_EQ(failure("/reset"), HttpFailure::kBroken);
  EXPECT_EQ(failure("/short"), HttpFailure::kBroken);
  EXPECT_EQ(failure("/slow"), HttpFailure::kTimeout);
  EXPECT_EQ(failure("/silent"), HttpFailure::kTimeout);
  EXPECT_EQ(client.ask({.url = server.url() + "/moved", .body = {}}).status, 302);  // not followed
  EXPECT_EQ(client.ask({.url = "file:///etc/hostname", .body = {}}).failure, HttpFailure::kRefused);
  server.stop();
  EXPECT_EQ(failure("/fine"), HttpFailure::kUnreachable);
}

TEST(HttpClient, ManyRequestsRunSideBySideAndCanBeDropped) {
  FakeServer server([](const FakeServer::Asked& asked) {
    return FakeReply{.body = asked.body, .hang = asked.body == "13"};
  });
  HttpClient client({.connect = 5s, .first_byte = 60s, .body = 60s});
  for (int i = 0; i < 40; ++i)
    client.send(i, {.url = server.url() + "/", .body = std::to_string(i)});
  std::map<int64_t, std::string> bodies;
  while (bodies.size() < 39) {
    for (HttpClient::Finished& done : client.wait(1000ms))
      EXPECT_TRUE(bodies.emplace(done.id, done.reply.body).second);
  }
  for (const auto& [id, body] : bodies) EXPECT_EQ(body, std::to_string(id));
  EXPECT_FALSE(bodies.contains(13));
  EXPECT_EQ(client.in_flight(), 1u);
  client.cancel_all();
  EXPECT_EQ(client.in_flight(), 0u);
}

TEST(HttpClient, UnpacksWhatAServerCompressedThoughNobodyAsked) {
  const std::string text(300, 't');
  std::string head;
  FakeReply reply;
  FakeServer server([&](const FakeServer::Asked& asked) {
    head = asked.head;
    return reply;
  });
  HttpClient client(kShort);
  const auto ask = [&](const std::string& coding, const std::string& body) {
    reply = {.body = body, .headers = {{"Content-Encoding", coding}}};
    return client.ask({.url = server.url() + "/", .body = "{}"});
  };
  const std::vector<std::pair<std::string, std::string>> packed = {
      {"gzip", gzipped(text)},     {"x-gzip", gzipped(text)},
      {"GZIP", gzipped(text)},     {"deflate", deflated(text)},
      {"br", brotli_packed(text)}, {"zstd", zstd_packed(text)},
      {"identity", text},          {"gzip, gzip", gzipped(gzipped(text))}};
  for (const auto& [coding, body] : packed) {
    const HttpReply answer = ask(coding, body);
    EXPECT_EQ(answer.failure, HttpFailure::kNone) << coding << answer.reason;
    EXPECT_EQ(answer.body, text) << coding;
  }
  EXPECT_NE(head.find("Accept-Encoding: identity"), std::string::npos) << head;
  // Others are named, with those that are known; damage is damage.
  for (const std::string coding : {"xz", "compress", "gzip, lz4", "utf-8"}) {
    const HttpReply answer = ask(coding, text);
    EXPECT_EQ(answer.failure, HttpFailure::kRefused) << coding;
    const std::string name = coding.substr(coding.rfind(' ') + 1);
    EXPECT_NE(answer.reason.find("Content-Encoding '" + name + "'"), std::string::npos)
        << answer.reason;
    EXPECT_NE(answer.reason.find("gzip"), std::string::npos) << answer.reason;
  }
  EXPECT_EQ(ask("gzip", text).failure, HttpFailure::kBroken);
  EXPECT_EQ(ask("zstd", gzipped(text)).failure, HttpFailure::kBroken);
  // The limit is of what comes out.
  EXPECT_EQ(ask("gzip", gzipped(std::string(1001, 't'))).failure, HttpFailure::kTooLarge);
}

TEST(HttpClient, RefusesAKeyThatWouldBreakTheHeader) {
  EXPECT_THROW(HttpClient(kShort, "key\r\nX-Evil: 1"), Error);
}

}  // namespace
}  // namespace clipwright::rewrite::openai
