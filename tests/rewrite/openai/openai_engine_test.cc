#include "rewrite/openai/openai_engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "tests/rewrite/fake_server.h"
#include "tests/rewrite/request_list.h"

namespace clipwright::rewrite::openai {
namespace {

using namespace std::chrono_literals;
using Asked = FakeServer::Asked;

/// Pauses cost nothing; the time they take is there all the same.
class SkippingClock final : public engine::MonotonicClock {
 public:
  Time now() const override { return std::chrono::steady_clock::now() + skipped(); }
  void pause(Duration duration) override {
    skipped_ += duration.count();
    std::this_thread::yield();
  }
  Duration skipped() const { return Duration(skipped_); }

 private:
  std::atomic<int64_t> skipped_ = 0;
};

/// Between the prefix's line and " =>".
std::string caption_of(const Asked& asked) {
  const std::string prompt = Json::parse(asked.body).value("prompt", std::string());
  const size_t start = prompt.find('\n') + 1;
  return prompt.substr(start, prompt.find(" =>") - start);
}
FakeReply good(const Asked& asked) {
  if (is_models(asked)) return models_reply();
  return completion_reply(" " + caption_of(asked) + " told anew");
}

struct Client {
  std::shared_ptr<SkippingClock> clock = std::make_shared<SkippingClock>();
  OpenAiOptions options_for(const FakeServer& server) const {
    OpenAiOptions options;
    options.base_url = server.url();
    options.clock = clock;
    options.limits = {.connect = 5s, .first_byte = 5s, .body = 5s};
    return options;
  }
  OpenAiOptions options_for(const std::string& url) const {
    OpenAiOptions options;
    options.base_url = url;
    options.clock = clock;
    return options;
  }
};

TEST(OpenAiEngine, AnswersEveryRequestOnceAndCountsTokens) {
  FakeServer server(good);
  OpenAiEngine engine(Client().options_for(server));
  RequestList list = RequestList::captions(200, 5);
  engine.run(list, {}, list);
  ASSERT_EQ(list.replies.size(), 200u);
  EXPECT_EQ(list.stopped(), 200);
  EXPECT_EQ(list.replies.at(17).text, " caption 17 told anew");
  EXPECT_EQ(list.replies.at(17).tokens_in, 40);
  EXPECT_EQ(list.replies.at(17).tokens_out, 7);
  EXPECT_EQ(engine.identity(), (Json{{"engine", "openai"},
                                     {"model", "tiny"},
                                     {"api", "completions"},
                                     {"fields",
                                      {"frequency_penalty", "min_p", "n", "presence_penalty",
                                       "repetition_penalty", "seed", "stop", "top_k"}}}));
}

TEST(OpenAiEngine, EveryRequestSaysEverySamplingField) {
  std::mutex mutex;
  Json seen;
  FakeServer server([&](const Asked& asked) {
    if (!is_models(asked) && !is_probe(asked)) {
      const std::lock_guard lock(mutex);
      seen = Json::parse(asked.body);
    }
    return good(asked);
  });
  OpenAiEngine engine(Client().options_for(server));
  RequestList list = RequestList::captions(1, 1);
  engine.run(list, {.temperature = 0.7, .top_p = 0.5, .max_tokens = 33}, list);
  EXPECT_EQ(seen["prompt"], "examples 0\ncaption 0 =>");
  EXPECT_EQ(seen["model"], "tiny");
  EXPECT_EQ(seen["temperature"], 0.7);
  EXPECT_EQ(seen["top_p"], 0.5);
  EXPECT_EQ(seen["max_tokens"], 33);
  EXPECT_EQ(seen["n"], 1);
  EXPECT_EQ(seen["stop"], Json::array({"\n"}));
  EXPECT_EQ(seen["seed"], 0x1234567890abcdef & 0x7fffffff);
  EXPECT_EQ(seen["top_k"], -1);
  EXPECT_EQ(seen["min_p"], 0);
  EXPECT_EQ(seen["stream"], false);
}

TEST(OpenAiEngine, LearnsOnceWhatTheServerRefuses) {
  std::atomic<int> refused = 0;
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked)) return models_reply();
    const Json body = Json::parse(asked.body);
    for (const char* field : {"top_k", "min_p", "repetition_penalty"}) {
      if (!body.contains(field)) continue;
      ++refused;
      return error_reply(400, std::string("Unrecognized request argument supplied: ") + field);
    }
    if (body.contains("max_tokens")) {
      ++refused;
      return error_reply(400, "Unsupported parameter: use 'max_completion_tokens' instead.");
    }
    if (body.contains("seed")) {  // does not say what it dislikes
      ++refused;
      return error_reply(422, "extra inputs are not permitted");
    }
    return good(asked);
  });
  OpenAiEngine engine(Client().options_for(server));
  const int probing = refused;
  EXPECT_LE(probing, 10);
  RequestList list = RequestList::captions(20, 2);
  engine.run(list, {}, list);
  EXPECT_EQ(list.stopped(), 20);
  EXPECT_EQ(refused, probing);
  const Json fields = engine.identity()["fields"];
  EXPECT_EQ(std::count(fields.begin(), fields.end(), "seed"), 0);
  EXPECT_EQ(std::count(fields.begin(), fields.end(), "top_k"), 0);
  EXPECT_EQ(std::count(fields.begin(), fields.end(), "stop"), 1);
}

TEST(OpenAiEngine, GoesToChatWhereCompletionsAreRefused) {
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked)) return models_reply();
    if (asked.path == "/v1/completions")
      return error_reply(404, "This is a chat model and not supported in v1/completions");
    const Json messages = Json::parse(asked.body)["messages"];
    return FakeReply{
        .body = to_line(
            {{"choices",
              {{{"message",
                 {{"role", "assistant"},
                  {"content", "\n" + messages.back()["content"].get<std::string>().substr(0, 8)}}},
                {"finish_reason", "stop"}}}}})};
  });
  OpenAiEngine engine(Client().options_for(server));
  EXPECT_EQ(engine.identity()["api"], "chat");
  RequestList list = RequestList::captions(3, 1);
  engine.run(list, {}, list);
  EXPECT_EQ(list.replies.at(2).text, "examples");
}

TEST(OpenAiEngine, TheFirstRequestOfAPromptBeginningGoesAlone) {
  std::mutex mutex;
  std::map<std::string, int> answered;
  std::set<std::string> under_way;
  int too_early = 0, most = 0, now = 0;
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked) || is_probe(asked)) return good(asked);
    const std::string prompt = Json::parse(asked.body)["prompt"];
    const std::string beginning = prompt.substr(0, prompt.find('\n'));
    {
      const std::lock_guard lock(mutex);
      too_early += answered[beginning] == 0 && !under_way.insert(beginning).second;
      most = std::max(most, ++now);
    }
    FakeReply reply = good(asked);
    reply.between_bytes = 0ms;
    std::this_thread::sleep_for(2ms);
    const std::lock_guard lock(mutex);
    ++answered[beginning];
    --now;
    return reply;
  });
  OpenAiEngine engine(Client().options_for(server));
  RequestList list = RequestList::captions(300, 6);
  engine.run(list, {}, list);
  EXPECT_EQ(list.stopped(), 300);
  EXPECT_EQ(answered.size(), 6u);
  EXPECT_EQ(too_early, 0);
  EXPECT_GT(most, 4);
  EXPECT_LE(most, 32);
}

// --- faults ----------------------------------------------------------------------------------

TEST(OpenAiFaults, AStormOf429IsWaitedOut) {
  std::atomic<int> calls = 0, refused = 0;
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked) || is_probe(asked)) return good(asked);
    const int call = ++calls;
    if (call > 10 && call <= 30) {
      ++refused;
      FakeReply reply = error_reply(429, "slow down");
      if (call % 2 == 0) reply.headers = {{"Retry-After", "20"}};
      return reply;
    }
    return good(asked);
  });
  Client client;
  OpenAiEngine engine(client.options_for(server));
  RequestList list = RequestList::captions(120, 3);
  engine.run(list, {}, list);
  EXPECT_EQ(list.stopped(), 120);
  EXPECT_EQ(calls, 120 + refused);          // nothing is asked twice but what was refused
  EXPECT_GE(client.clock->skipped(), 20s);  // what Retry-After asked for
}

TEST(OpenAiFaults, BurstsOf5xxResetsAndTruncatedRepliesAreTriedAgain) {
  std::atomic<int> calls = 0;
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked) || is_probe(asked)) return good(asked);
    const int call = ++calls;
    FakeReply reply = good(asked);
    if (call % 40 < 8) return error_reply(500 + call % 4, "burst");
    if (call % 40 == 10) reply.send_only = 12, reply.reset = true;
    if (call % 40 == 14) reply.stated_length = static_cast<long>(reply.body.size()) + 500;
    if (call % 40 == 18) reply.send_only = 0, reply.reset = true;
    if (call % 40 == 22) reply.body = "{\"choices\": [{\"text\": \"cut";
    if (call % 40 == 26) return error_reply(408, "too late");
    return reply;
  });
  OpenAiEngine engine(Client().options_for(server));
  RequestList list = RequestList::captions(150, 4);
  engine.run(list, {}, list);
  EXPECT_EQ(list.stopped(), 150);
  EXPECT_GT(calls, 150);
}

/// What becomes of "caption 5" when its replies are always as `spoil` makes them, while the other
/// captions are answered.
engine::Reply fate_of_one(const std::function<void(FakeReply&)>& spoil, int* tries = nullptr) {
  std::atomic<int> calls = 0;
  FakeServer server([&](const Asked& asked) {
    FakeReply reply = good(asked);
    if (!is_models(asked) && !is_probe(asked) && caption_of(asked) == "caption 5") {
      ++calls;
      spoil(reply);
    }
    return reply;
  });
  OpenAiOptions options = Client().options_for(server);
  options.limits.connect = 100ms;
  options.limits.first_byte = 150ms;
  options.limits.body = 250ms;
  OpenAiEngine engine(options);
  RequestList list = RequestList::captions(40, 2);
  engine.run(list, {}, list);
  EXPECT_EQ(list.replies.size(), 40u);
  EXPECT_EQ(list.stopped(), list.replies.at(5).status == engine::ReplyStatus::kStopped ? 40 : 39);
  if (tries != nullptr) *tries = calls;
  return list.replies.at(5);
}

TEST(OpenAiFaults, RepliesNobodyCanReadAreTypedFailures) {
  int tries = 0;
  for (const std::string& body :
       {std::string("not json"), std::string("[]"), std::string("{}"), std::string("null"),
        std::string(R"({"choices":[]})"), std::string(R"({"choices":{"text":"x"}})"),
        std::string(R"({"choices":[{"text":7}]})"), std::string(R"({"choices":[null]})"),
        std::string("{\"choices\":[{\"text\":\"\xff\xfe caf\xe9\"}]}"),
        std::string(R"({"choices":[{"text":"a","finish_reason":{}}]})"), std::string(5000, '['),
        std::string()}) {
    const engine::Reply reply = fate_of_one([&](FakeReply& r) { r.body = body; }, &tries);
    EXPECT_EQ(reply.status, engine::ReplyStatus::kFailed) << body.substr(0, 60);
    EXPECT_EQ(reply.error, "damaged") << reply.text;
    EXPECT_EQ(tries, 3) << body.substr(0, 60);
  }
}

TEST(OpenAiFaults, AReplyThatNobodyCanUseIsAskedForAgainWithAnotherSeed) {
  for (const std::string& spoilt :
       {R"({"choices":[{"text":")" + std::string(2 << 20, 'a') + "\"}]}", std::string("not json"),
        std::string(R"({"choices":null})")}) {
    std::mutex mutex;
    std::vector<Json> asked_for_it;
    FakeServer server([&](const Asked& asked) {
      FakeReply reply = good(asked);
      if (is_models(asked) || is_probe(asked) || caption_of(asked) != "caption 5") return reply;
      const std::lock_guard lock(mutex);
      asked_for_it.push_back(Json::parse(asked.body));
      if (asked_for_it.size() == 1) reply.body = spoilt;
      return reply;
    });
    OpenAiEngine engine(Client().options_for(server));
    RequestList list = RequestList::captions(40, 2);
    engine.run(list, {}, list);
    EXPECT_EQ(list.stopped(), 40);
    ASSERT_EQ(asked_for_it.size(), 2u);
    EXPECT_NE(asked_for_it[0]["seed"], asked_for_it[1]["seed"]);
    asked_for_it[0].erase("seed"), asked_for_it[1].erase("seed");
    EXPECT_EQ(asked_for_it[0], asked_for_it[1]);
  }
}

TEST(OpenAiFaults, TwoMegabytesEachTimeAreRefused) {
  int tries = 0;
  const engine::Reply reply = fate_of_one(
      [](FakeReply& r) {
        r.body = R"({"choices":[{"text":")" + std::string(2 << 20, 'a') + "\"}]}";
      },
      &tries);
  EXPECT_EQ(reply.status, engine::ReplyStatus::kFailed);
  EXPECT_EQ(reply.text, "the reply is larger than 1024 KiB");
  EXPECT_EQ(reply.error, "too-large");
  EXPECT_EQ(tries, 3);
}

TEST(OpenAiFaults, ByteAfterByteIsNotWaitedForForever) {
  int tries = 0;
  const auto start = std::chrono::steady_clock::now();
  const engine::Reply reply = fate_of_one([](FakeReply& r) { r.between_bytes = 50ms; }, &tries);
  EXPECT_EQ(reply.status, engine::ReplyStatus::kFailed);
  EXPECT_NE(reply.text.find("did not end in time"), std::string::npos) << reply.text;
  EXPECT_EQ(tries, 8);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
}

TEST(OpenAiFaults, SilenceIsNotWaitedForForever) {
  const engine::Reply reply = fate_of_one([](FakeReply& r) { r.hang = true; });
  EXPECT_EQ(reply.status, engine::ReplyStatus::kFailed);
}

TEST(OpenAiFaults, ARefusedRequestFailsWithTheServersWords) {
  int tries = 0;
  const engine::Reply reply =
      fate_of_one([](FakeReply& r) { r = error_reply(400, "the prompt is\ntoo long"); }, &tries);
  EXPECT_EQ(reply.status, engine::ReplyStatus::kFailed);
  EXPECT_EQ(reply.text, "http 400: the prompt is too long");
  EXPECT_EQ(tries, 1);
}

TEST(OpenAiFaults, ReasonsToFinishAreTyped) {
  EXPECT_EQ(fate_of_one([](FakeReply& r) { r = completion_reply(" an endless", "length"); }).status,
            engine::ReplyStatus::kCut);
  EXPECT_EQ(fate_of_one([](FakeReply& r) { r = completion_reply(" a dog\nand", "length"); }).text,
            " a dog");
  const engine::Reply filtered =
      fate_of_one([](FakeReply& r) { r = completion_reply("", "content_filter"); });
  EXPECT_EQ(filtered.status, engine::ReplyStatus::kFailed);
  EXPECT_EQ(filtered.error, "content-filter");
}

TEST(OpenAiFaults, AServerThatDiesAndReturnsIsWaitedForAndSparedMeanwhile) {
  std::atomic<int> probes = 0;
  const auto handler = [&](const Asked& asked) {
    if (is_models(asked)) ++probes;
    return good(asked);
  };
  auto server = std::make_unique<FakeServer>(handler);
  const int port = server->port();
  Client client;
  OpenAiEngine engine(client.options_for(*server));
  RequestList list = RequestList::captions(200, 3);
  // Dies at the 60th reply; comes back when a good deal of the client's time has passed.
  struct Sink final : engine::ReplySink {
    void put(const engine::Request& request, engine::Reply reply) override {
      list.put(request, std::move(reply));
      if (list.replies.size() == 60) server->stop();
    }
    RequestList& list;
    std::unique_ptr<FakeServer>& server;
    Sink(RequestList& l, std::unique_ptr<FakeServer>& s) : list(l), server(s) {}
  } sink(list, server);
  std::jthread reviver([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && client.clock->skipped() < 90s) std::this_thread::yield();
    if (!stop.stop_requested()) server = std::make_unique<FakeServer>(handler, port);
  });
  engine.run(list, {}, sink);
  reviver.join();
  EXPECT_EQ(list.replies.size(), 200u);
  EXPECT_EQ(list.stopped(), 200);
  EXPECT_GE(probes, 2);  // the first look, and the one that found it back
}

TEST(OpenAiFaults, AServerThatStaysAwayEndsTheRunAndKeepsWhatIsFinished) {
  FakeServer server(good);
  Client client;
  OpenAiOptions options = client.options_for(server);
  options.patience = 120s;
  OpenAiEngine engine(options);
  RequestList list = RequestList::captions(100, 3);
  struct Sink final : engine::ReplySink {
    void put(const engine::Request& request, engine::Reply reply) override {
      list.put(request, std::move(reply));
      if (list.replies.size() == 30) server.stop();
    }
    RequestList& list;
    FakeServer& server;
    Sink(RequestList& l, FakeServer& s) : list(l), server(s) {}
  } sink(list, server);
  try {
    engine.run(list, {}, sink);
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kFailed);
    EXPECT_NE(std::string(error.what()).find("no answer for 2 min"), std::string::npos)
        << error.what();
  }
  EXPECT_GE(list.stopped(), 30);
  EXPECT_GE(client.clock->skipped(), 100s);
}

ExitCode code_of(const std::function<void()>& work, std::string& words) {
  try {
    work();
  } catch (const Error& error) {
    words = error.what();
    return error.code();
  }
  words.clear();
  return ExitCode::kDone;
}

TEST(OpenAiFaults, AWrongModelNameIsToldWithTheNamesThereAre) {
  FakeServer server(good);
  OpenAiOptions options = Client().options_for(server);
  options.model = "tini";
  std::string words;
  EXPECT_EQ(code_of([&] { OpenAiEngine engine(options); }, words), ExitCode::kUsage);
  EXPECT_NE(words.find("no model 'tini'"), std::string::npos) << words;
  EXPECT_NE(words.find("Did you mean 'tiny'?"), std::string::npos) << words;
}

TEST(OpenAiFaults, AKeyThatIsRefusedEndsTheJobAndIsNeverRepeated) {
  std::atomic<bool> valid = false;
  FakeServer server([&](const Asked& asked) {
    if (!valid || asked.head.find("Authorization: Bearer sk-secret") == std::string::npos)
      return error_reply(401, "Incorrect key sk-secret");
    return good(asked);
  });
  OpenAiOptions options = Client().options_for(server);
  options.key = "sk-secret";
  std::string words;
  EXPECT_EQ(code_of([&] { OpenAiEngine engine(options); }, words), ExitCode::kFailed);
  EXPECT_NE(words.find("OPENAI_API_KEY"), std::string::npos) << words;
  EXPECT_EQ(words.find("sk-secret"), std::string::npos) << words;
  valid = true;
  OpenAiEngine engine(options);
  valid = false;  // revoked while running
  RequestList list = RequestList::captions(5, 1);
  EXPECT_EQ(code_of([&] { engine.run(list, {}, list); }, words), ExitCode::kFailed);
  EXPECT_EQ(words.find("sk-secret"), std::string::npos) << words;
}

TEST(OpenAiFaults, AServerThatRefusesEverythingEndsTheJob) {
  std::atomic<bool> probing = true;
  FakeServer server(
      [&](const Asked& asked) { return probing ? good(asked) : error_reply(400, "no"); });
  OpenAiEngine engine(Client().options_for(server));
  probing = false;
  RequestList list = RequestList::captions(500, 5);
  std::string words;
  EXPECT_EQ(code_of([&] { engine.run(list, {}, list); }, words), ExitCode::kFailed);
  EXPECT_LT(list.replies.size(), 30u);
}

TEST(OpenAiFaults, AServerWhoseRepliesNobodyCanUseEndsTheJobWithItsWords) {
  for (const auto& [body, words] : std::map<std::string, std::string>{
           {R"({"choices":null,"id":"g7"})", "\"g7\""},
           {R"({"error":"the upstream is gone"})", "the upstream is gone"}}) {
    std::atomic<bool> probing = true;
    FakeServer server([&](const Asked& asked) {
      FakeReply reply = good(asked);
      if (!probing) reply.body = body;
      return reply;
    });
    OpenAiEngine engine(Client().options_for(server));
    probing = false;
    RequestList list = RequestList::captions(500, 5);
    std::string told;
    EXPECT_EQ(code_of([&] { engine.run(list, {}, list); }, told), ExitCode::kFailed);
    EXPECT_NE(told.find("the first 20 requests"), std::string::npos) << told;
    EXPECT_NE(told.find(words), std::string::npos) << told;
    EXPECT_LT(list.replies.size(), 30u);
  }
}

TEST(OpenAiFaults, AJobThatWasAnsweredBeforeIsNotEndedByItsFirstRequests) {
  struct Resumed final : engine::RequestQueue {
    std::optional<engine::Request> next() override { return list.next(); }
    bool answered_before() const override { return true; }
    RequestList list = RequestList::captions(99, 1);
  };
  std::atomic<bool> probing = true;
  FakeServer server(
      [&](const Asked& asked) { return probing ? good(asked) : error_reply(400, "no"); });
  OpenAiEngine engine(Client().options_for(server));
  probing = false;
  Resumed queue;
  engine.run(queue, {}, queue.list);
  EXPECT_EQ(queue.list.replies.size(), 99u);
}

TEST(OpenAiFaults, AProxysPageIsTroubleThatPasses) {
  std::atomic<int> pages = 0;
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked) || is_probe(asked) || ++pages > 12) return good(asked);
    return FakeReply{.body = "\n<!DOCTYPE html><html>Back soon</html>"};
  });
  OpenAiEngine engine(Client().options_for(server));
  RequestList list = RequestList::captions(200, 5);
  engine.run(list, {}, list);
  EXPECT_EQ(list.stopped(), 200);
  // For good: nothing but the patience ends it, or the requests' tries.
  pages = -1'000'000'000;
  RequestList more = RequestList::captions(500, 5);
  std::string told;
  EXPECT_EQ(code_of([&] { engine.run(more, {}, more); }, told), ExitCode::kFailed);
  EXPECT_NE(told.find("Back soon"), std::string::npos) << told;
}

TEST(OpenAiFaults, ErrorsInGoodRepliesAreWhatTheirCodesSay) {
  // Each caption meets a refusal for load, then a broken upstream, then is answered.
  std::mutex mutex;
  std::map<std::string, int> met;
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked) || is_probe(asked)) return good(asked);
    const std::lock_guard lock(mutex);
    switch (++met[caption_of(asked)]) {
      case 1:
        return FakeReply{.body = R"({"error":{"code":429,"message":"slow down"}})"};
      case 2:
        return FakeReply{.body = R"({"error":{"code":502,"message":"cold"}})"};
      default:
        return good(asked);
    }
  });
  Client client;
  {
    OpenAiEngine engine(client.options_for(server));
    RequestList list = RequestList::captions(30, 3);
    engine.run(list, {}, list);
    EXPECT_EQ(list.stopped(), 30);
  }
  for (const auto& [code, advice] :
       std::map<int, std::string>{{402, "pay"}, {401, "OPENAI_API_KEY"}, {404, "--model-name"}}) {
    std::atomic<bool> probing = true;
    std::atomic<int> calls = 0;
    FakeServer stopped([&](const Asked& asked) {
      if (is_models(asked) || probing) return good(asked);
      ++calls;
      return FakeReply{.body = to_line({{"error", {{"code", code}, {"message", "that is it"}}}})};
    });
    OpenAiEngine engine(client.options_for(stopped));
    probing = false;
    RequestList list = RequestList::captions(500, 5);
    std::string words;
    EXPECT_EQ(code_of([&] { engine.run(list, {}, list); }, words), ExitCode::kFailed);
    EXPECT_NE(words.find("http 200 with error " + std::to_string(code) + ": that is it"),
              std::string::npos)
        << words;
    EXPECT_NE(words.find(advice), std::string::npos) << words;
    EXPECT_LT(calls, 10);
  }
}

TEST(OpenAiFaults, AnErrorAtTheProbeIsToldInTheServersWords) {
  for (const std::string body :
       {R"({"error":{"code":404,"message":"No endpoints found"}})",
        R"({"error":{"code":402,"message":"No endpoints found"}})",
        R"({"error":"No endpoints found"})", R"({"choices":null,"msg":"No endpoints found"})"}) {
    FakeServer server([&](const Asked& asked) {
      return is_models(asked) ? models_reply() : FakeReply{.body = body};
    });
    std::string words;
    EXPECT_EQ(code_of([&] { OpenAiEngine engine(Client().options_for(server)); }, words),
              ExitCode::kFailed);
    EXPECT_NE(words.find("No endpoints found"), std::string::npos) << words;
  }
  // One that passes is passed over.
  std::atomic<int> calls = 0;
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked) || ++calls > 2) return good(asked);
    return FakeReply{.body = calls == 1 ? R"({"choices":null})" : R"({"error":{"code":503}})"};
  });
  EXPECT_EQ(OpenAiEngine(Client().options_for(server)).identity()["model"], "tiny");
}

TEST(OpenAiEngine, FindsTheServerWhereverAClientWouldAppend) {
  // Where the server is, what the user gives, what the probe may ask of it.
  struct Case {
    std::string there, given;
    bool lists;
  };
  for (const Case& c : std::vector<Case>{{"/v1", "", true},
                                         {"/v1", "/v1/", true},
                                         {"/v1beta/openai", "/v1beta/openai", true},
                                         {"/v1beta/openai", "/v1beta/openai", false},
                                         {"/proxy/v1", "/proxy", true},
                                         {"/proxy/v1", "/proxy", false},
                                         {"/api/paas/v4", "/api/paas/v4", false},
                                         {"", "", true},
                                         {"", "", false},
                                         {"/v1", "", false}}) {
    std::mutex mutex;
    std::set<std::string> paths;
    FakeServer server([&](const Asked& asked) {
      if (asked.path == c.there + "/models" && c.lists) return models_reply();
      if (asked.path != c.there + "/chat/completions") return error_reply(404, "Not Found");
      const std::lock_guard lock(mutex);
      paths.insert(asked.path);
      return FakeReply{.body = R"({"choices":[{"message":{"content":"a dog told anew"}}]})"};
    });
    OpenAiOptions options = Client().options_for(server);
    options.base_url += c.given;
    options.model = "tiny";
    OpenAiEngine engine(options);
    EXPECT_EQ(engine.details()["base_url"], server.url() + c.there);
    RequestList list = RequestList::captions(3, 1);
    engine.run(list, {}, list);
    EXPECT_EQ(list.stopped(), 3) << c.there << " " << c.given;
  }
  FakeServer nothing([](const Asked&) { return error_reply(404, "Not Found"); });
  OpenAiOptions options = Client().options_for(nothing);
  options.base_url += "/x";
  options.model = "tiny";
  std::string words;
  EXPECT_EQ(code_of([&] { OpenAiEngine engine(options); }, words), ExitCode::kFailed);
  EXPECT_NE(words.find("/x, " + nothing.url() + "/x/v1"), std::string::npos) << words;
}

TEST(OpenAiEngine, AServerWhoseModelsHaveNoNamesWorksWithANameOfTheUsers) {
  for (const std::string models :
       {R"({"data":[{"id":"","object":"model","name":""}]})", R"({"data":[{"object":"model"}]})",
        R"({"data":[]})", R"([])", R"({"data":[{"id":"models/m"}]})",
        R"({"data":[{"id":"m:latest"}]})"}) {
    FakeServer server([&](const Asked& asked) {
      return is_models(asked) ? FakeReply{.body = models} : good(asked);
    });
    OpenAiOptions options = Client().options_for(server);
    options.model = "m";
    EXPECT_EQ(OpenAiEngine(options).identity()["model"], "m") << models;
    if (models.find("m:latest") != std::string::npos ||
        models.find("models/m") != std::string::npos)
      continue;
    options.model = "";
    std::string words;
    EXPECT_EQ(code_of([&] { OpenAiEngine engine(options); }, words), ExitCode::kUsage);
    EXPECT_NE(words.find("--model-name"), std::string::npos) << words;
  }
}

TEST(OpenAiEngine, AModelThatThinksGetsNoStopAtLineBreaks) {
  std::mutex mutex;
  bool stop_sent = false;
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked)) return models_reply();
    const std::lock_guard lock(mutex);
    stop_sent = Json::parse(asked.body).contains("stop");
    return completion_reply(is_probe(asked) ? "<think>" : "<think>\nhm\n</think>\n\na dog anew");
  });
  OpenAiEngine engine(Client().options_for(server));
  RequestList list = RequestList::captions(3, 1);
  engine.run(list, {}, list);
  EXPECT_FALSE(stop_sent);
  EXPECT_EQ(list.replies.at(2).text, "a dog anew");
  // One sampled token must not make another recipe.
  FakeServer plain(good);
  EXPECT_EQ(engine.identity(), OpenAiEngine(Client().options_for(plain)).identity());
}

TEST(OpenAiEngine, ThatIsToBeAskedLaterAsksNobodyUntilItMust) {
  std::atomic<int> asked_at_all = 0;
  FakeServer server([&](const Asked& asked) {
    ++asked_at_all;
    return good(asked);
  });
  OpenAiOptions options = Client().options_for(server);
  options.ask_later = true;
  OpenAiEngine engine(options);
  EXPECT_FALSE(engine.connected());
  const Json kept = {{"engine", "openai"}, {"model", "tiny"}, {"api", "chat"}, {"fields", {"n"}}};
  EXPECT_TRUE(engine.could_be(kept));
  engine.assume(kept, {{"base_url", "http://x"}});
  EXPECT_EQ(engine.identity(), kept);
  EXPECT_EQ(engine.details()["base_url"], "http://x");
  EXPECT_EQ(asked_at_all, 0);
  engine.connect();
  EXPECT_GT(asked_at_all, 0);
  EXPECT_EQ(engine.identity()["api"], "completions");  // what it is counts from here on
  // What the user says of the server must be what the ledger says.
  const auto could_be = [&](const auto& change, const Json& identity) {
    OpenAiOptions other = options;
    change(other);
    return OpenAiEngine(other).could_be(identity);
  };
  EXPECT_TRUE(could_be([](OpenAiOptions& o) { o.model = "tiny"; }, kept));
  EXPECT_FALSE(could_be([](OpenAiOptions& o) { o.model = "large"; }, kept));
  EXPECT_TRUE(could_be([](OpenAiOptions& o) { o.api = OpenAiApi::kChat; }, kept));
  EXPECT_FALSE(could_be([](OpenAiOptions& o) { o.api = OpenAiApi::kCompletions; }, kept));
  EXPECT_FALSE(could_be([](OpenAiOptions& o) { o.revision = "june"; }, kept));
  EXPECT_FALSE(could_be([](OpenAiOptions&) {}, {{"engine", "llama"}}));
  EXPECT_FALSE(could_be([](OpenAiOptions&) {}, Json::array()));
}

TEST(OpenAiFaults, AServerThatStopsTakingRequestsLaterEndsTheJobToo) {
  std::atomic<int> calls = 0;
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked) || is_probe(asked) || ++calls <= 50) return good(asked);
    return error_reply(400, "the model was taken away, request " + std::to_string(calls));
  });
  OpenAiEngine engine(Client().options_for(server));
  RequestList list = RequestList::captions(1000, 5);
  std::string words;
  EXPECT_EQ(code_of([&] { engine.run(list, {}, list); }, words), ExitCode::kFailed);
  EXPECT_NE(words.find("100 requests in a row"), std::string::npos) << words;
  EXPECT_LT(list.replies.size(), 250u);
  for (const auto& [id, reply] : list.replies) {
    if (reply.status == engine::ReplyStatus::kFailed) {
      EXPECT_EQ(reply.error, "http-400");  // the words, which differ, are the reply's
    }
  }
}

TEST(OpenAiFaults, ABudgetEndsAJobWhoseRequestsWaitForAnotherTry) {
  struct Budgeted final : engine::RequestQueue {
    std::optional<engine::Request> next() override { return spent ? std::nullopt : list.next(); }
    bool closed() override { return spent; }
    void give_back(engine::Request&&) override { ++returned; }
    RequestList list = RequestList::captions(50, 1);
    std::atomic<bool> spent = false;
    int returned = 0;
  } queue;
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked) || is_probe(asked)) return good(asked);
    queue.spent = true;
    FakeReply reply = error_reply(429, "slow down");
    reply.headers = {{"Retry-After", "20"}};
    return reply;
  });
  Client client;
  OpenAiEngine engine(client.options_for(server));
  RequestList sink;
  engine.run(queue, {}, sink);
  EXPECT_TRUE(sink.replies.empty());
  EXPECT_GT(queue.returned, 0);
  EXPECT_LT(client.clock->skipped(), 20s);
}

/// Keeps replies, and says how many of them are not safe yet.
struct SlowSink : engine::ReplySink {
  void put(const engine::Request& request, engine::Reply reply) override {
    list.put(request, std::move(reply));
    if (!fails) unsafe = 3;
  }
  size_t unsettled() const override {
    ++asked;
    if (fails && list.replies.size() >= 4) throw Error(ExitCode::kFailed, "the disk is full");
    return unsafe > 0 ? static_cast<size_t>(unsafe--) : size_t{0};
  }
  RequestList list;
  mutable int unsafe = 0, asked = 0;
  bool fails = false;
};

TEST(OpenAiEngine, RepliesThatAreNotSafeCountAsInFlight) {
  std::atomic<int> most = 0, now = 0;
  FakeServer server([&](const Asked& asked) {
    most = std::max<int>(most, ++now);
    FakeReply reply = good(asked);
    --now;
    return reply;
  });
  Client client;
  OpenAiOptions options = client.options_for(server);
  options.concurrency = 3;
  OpenAiEngine engine(options);
  RequestList list = RequestList::captions(40, 1);
  SlowSink sink;
  engine.run(list, {}, sink);
  EXPECT_EQ(sink.list.stopped(), 40);
  EXPECT_LE(most, 3);
  EXPECT_GT(sink.asked, 80);  // many looks until each reply is safe
}

TEST(OpenAiEngine, ALedgerThatCannotKeepRepliesEndsTheRun) {
  FakeServer server(good);
  OpenAiEngine engine(Client().options_for(server));
  RequestList list = RequestList::captions(40, 1);
  SlowSink sink;
  sink.fails = true;
  EXPECT_THROW(engine.run(list, {}, sink), Error);
  EXPECT_LT(sink.list.replies.size(), 40u);
}

TEST(OpenAiEngine, OneNameForOtherWeightsIsAnotherModelWhereTheServerTells) {
  const auto identity = [](const std::string& more, const std::string& revision = "") {
    FakeServer server([&](const Asked& asked) {
      if (!is_models(asked)) return good(asked);
      return FakeReply{.body = R"({"data":[{"id":"tiny","object":"model","created":)" +
                               std::to_string(std::hash<std::string>()(more) % 1000) + more +
                               "}]}"};
    });
    OpenAiOptions options = Client().options_for(server);
    options.revision = revision;
    return OpenAiEngine(options).identity();
  };
  const std::string small = R"(,"meta":{"n_params":135})", large = R"(,"meta":{"n_params":7000})";
  EXPECT_NE(identity(small), identity(large));
  EXPECT_EQ(identity(small), identity(small + R"(,"started":5)"));  // what changes at every start
  EXPECT_NE(identity(""), identity(R"(,"root":"/models/new")"));
  EXPECT_NE(identity("", "june"), identity("", "july"));
}

TEST(OpenAiEngine, AWordOfTheServersOwnIsNoField) {
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked)) return models_reply();
    const Json body = Json::parse(asked.body);
    for (const char* field : {"top_k", "min_p", "repetition_penalty"}) {
      if (!body.contains(field)) continue;
      return FakeReply{.status = 400,
                       .body =
                           "{\n  \"error\": {\n    \"message\": \"Unrecognized request argument "
                           "supplied: " +
                           std::string(field) +
                           "\",\n    \"param\": null,\n    \"code\": null\n  }\n}"};
    }
    return good(asked);
  });
  const Json fields = OpenAiEngine(Client().options_for(server)).identity()["fields"];
  EXPECT_EQ(fields, Json({"frequency_penalty", "n", "presence_penalty", "seed", "stop"}));
}

TEST(OpenAiFaults, NobodyAtTheAddressIsToldAtOnce) {
  int port;
  {
    FakeServer server(good);
    port = server.port();
  }
  std::string words;
  EXPECT_EQ(
      code_of(
          [&] {
            OpenAiEngine engine(Client().options_for("http://127.0.0.1:" + std::to_string(port)));
          },
          words),
      ExitCode::kFailed);
  EXPECT_NE(words.find("Start the server"), std::string::npos) << words;
  for (const char* url : {"", "127.0.0.1:80", "ftp://x", "http://me:secret@x"}) {
    EXPECT_EQ(code_of([&] { OpenAiEngine engine(Client().options_for(std::string(url))); }, words),
              ExitCode::kUsage)
        << url;
    EXPECT_EQ(words.find("secret"), std::string::npos);
  }
}

TEST(OpenAiFaults, ALoadingServerIsWaitedFor) {
  std::atomic<int> looks = 0;
  FakeServer server([&](const Asked& asked) {
    return ++looks <= 5 ? error_reply(503, "Loading model") : good(asked);
  });
  OpenAiEngine engine(Client().options_for(server));
  EXPECT_EQ(engine.identity()["model"], "tiny");
}

// --- the program -----------------------------------------------------------------------------

}  // namespace
}  // namespace clipwright::rewrite::openai
