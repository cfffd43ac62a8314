#include "rewrite/engine/llama_engine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "core/error.h"
#include "core/hash.h"
#include "core/random.h"
#include "language/language_model.h"
#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::engine {
namespace {

namespace fs = std::filesystem;

const char* const kModel = CLIPWRIGHT_DEFAULT_LANGUAGE_MODEL;

const std::vector<std::string> kCaptions = {"a hammer",
                                            "two dogs playing in the snow",
                                            "no parking sign on a brick wall",
                                            "flame",
                                            "3 red apples",
                                            "caf\xc3\xa9 \xe2\x98\x95 menu",
                                            "old map of the world",
                                            "penguin",
                                            "red car, blue sky",
                                            "a cat asleep on a laptop"};

Request request_for(size_t caption, int examples) {
  const prompt::ExampleTriple first = {
      {{"a wooden boat tied to a pier", "a small boat made of wood is moored at the pier"},
       {"skyline at night", "the lights of a city glow in the night"},
       {"girl blowing out candles", "a girl blows out her candles"}}};
  prompt::ExampleTriple triple = first;
  if (examples == 1) std::swap(triple[0], triple[2]);
  prompt::PromptText prompt =
      prompt::build_prompt(prompt::PromptLayout::kClean, triple, kCaptions[caption]);
  return {.id = static_cast<int64_t>(caption) * 2 + examples,
          .prefix = std::move(prompt.prefix),
          .body = std::move(prompt.body),
          .seed = hash64(kCaptions[caption], static_cast<uint64_t>(examples)),
          .source = kCaptions[caption],
          .mode = "test"};
}

struct Requests final : RequestQueue {
  std::optional<Request> next() override {
    return at < list.size() ? std::optional(list[at++]) : std::nullopt;
  }
  std::vector<Request> list;
  size_t at = 0;
};
struct Replies final : ReplySink {
  void put(const Request& request, Reply reply) override {
    texts.emplace(request.id, std::move(reply));
  }
  std::map<int64_t, Reply> texts;
};

std::map<int64_t, std::string> run(LlamaEngine& engine, const std::vector<Request>& requests,
                                   int max_tokens = 16) {
  Requests queue;
  queue.list = requests;
  Replies sink;
  engine.run(queue, {.max_tokens = max_tokens}, sink);
  std::map<int64_t, std::string> texts;
  for (const auto& [id, reply] : sink.texts)
    texts[id] = reply.text + "|" + std::to_string(reply.tokens_out);
  return texts;
}

TEST(LlamaEngine, TextsDoNotDependOnOrderCompanyOrThreads) {
  std::vector<Request> requests;
  for (int examples = 0; examples < 2; ++examples) {
    for (size_t i = 0; i < 6; ++i) requests.push_back(request_for(i, examples));
  }
  LlamaEngine wide({.threads = 2, .parallel = 16});
  const auto expected = run(wide, requests);
  ASSERT_EQ(expected.size(), requests.size());

  std::vector<Request> shuffled;  // the two prefixes mixed, backwards
  for (size_t i = requests.size(); i-- > 0;) shuffled.push_back(requests[i * 7 % requests.size()]);
  LlamaEngine narrow({.threads = 1, .parallel = 5});
  EXPECT_EQ(run(narrow, shuffled), expected);
  // Alone, in an engine that has worked before.
  for (const size_t i : {size_t{1}, size_t{9}}) {
    EXPECT_EQ(run(narrow, {requests[i]}).at(requests[i].id), expected.at(requests[i].id))
        << requests[i].source;
  }
}

TEST(LlamaEngine, AChatTemplateChangesTextsAndIdentityButNoPromise) {
  LlamaEngine plain({.model = kModel, .threads = 1}),
      wide({.model = kModel, .threads = 2, .parallel = 8, .chat = true}),
      narrow({.model = kModel, .threads = 1, .parallel = 4, .chat = true});
  EXPECT_EQ(plain.identity().contains("chat_prompt"), false);
  EXPECT_EQ(wide.identity()["chat_prompt"], 1);
  std::vector<Request> requests;
  for (size_t i = 0; i < 2; ++i) requests.push_back(request_for(i, 0));
  requests.push_back({.id = 100, .body = "Name a colour.", .seed = 1});  // an instruction alone
  const auto texts = run(wide, requests, 6);
  ASSERT_EQ(texts.size(), 3u);
  std::reverse(requests.begin(), requests.end());
  EXPECT_EQ(run(narrow, requests, 6), texts);
  EXPECT_NE(run(plain, {requests[1]}, 6).at(requests[1].id), texts.at(requests[1].id));
  EXPECT_GT(texts.at(100).find('|'), 2u) << texts.at(100);
}

TEST(LlamaEngine, MoreTextsInFlightThanTheLibraryHoldsAreFewer) {
  LlamaEngine engine({.model = kModel, .threads = 1, .parallel = 300});
  std::vector<Request> requests;
  for (int64_t i = 0; i < 260; ++i) {
    requests.push_back(request_for(0, 0));
    requests.back().id = i;
    requests.back().seed = static_cast<uint64_t>(i);
  }
  EXPECT_EQ(run(engine, requests, 1).size(), 260u);
}

TEST(LlamaEngine, TheSeedDecides) {
  LlamaEngine engine({.threads = 1, .parallel = 8});
  std::vector<Request> requests(8, request_for(9, 0));
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].id = static_cast<int64_t>(i);
    requests[i].seed = i / 2;
  }
  const auto texts = run(engine, requests);
  std::set<std::string> different;
  for (int64_t i = 0; i < 8; i += 2) {
    EXPECT_EQ(texts.at(i), texts.at(i + 1));
    different.insert(texts.at(i));
  }
  EXPECT_GT(different.size(), 1u);
}

TEST(LlamaEngine, ALongerPromptGrowsTheCacheAndAnEndlessOneIsRefused) {
  LlamaEngine engine({.threads = 1, .parallel = 4});
  Request longer = request_for(0, 0), endless = longer, usual = longer;
  longer.id = 1, endless.id = 2, usual.id = 3;
  for (int i = 0; i < 60; ++i) longer.body.insert(2, "really ");
  for (int i = 0; i < 3000; ++i) endless.body.insert(2, "really, really ");
  Requests queue;
  queue.list = {request_for(0, 0), longer, endless, usual};
  Replies sink;
  engine.run(queue, {.max_tokens = 8}, sink);
  ASSERT_EQ(sink.texts.size(), 4u);
  EXPECT_EQ(sink.texts.at(2).status, ReplyStatus::kFailed);
  EXPECT_NE(sink.texts.at(2).text.find("the model reads 8192"), std::string::npos);
  EXPECT_NE(sink.texts.at(1).status, ReplyStatus::kFailed);
  EXPECT_EQ(sink.texts.at(3).text, sink.texts.at(0).text);  // same prompt, same seed, another cache
}

TEST(LlamaEngine, RepliesEndAtALineBreakOrAtTheLimit) {
  LlamaEngine engine({.threads = 1, .parallel = 8});
  std::vector<Request> requests;
  for (size_t i = 0; i < 6; ++i) requests.push_back(request_for(i, 0));
  Requests queue;
  queue.list = requests;
  Replies sink;
  engine.run(queue, {.max_tokens = 12}, sink);
  bool stopped = false;
  for (const auto& [id, reply] : sink.texts) {
    EXPECT_EQ(reply.text.find('\n'), std::string::npos);
    EXPECT_LE(reply.tokens_out, 12);
    EXPECT_TRUE(reply.status == ReplyStatus::kStopped || reply.tokens_out == 12);
    EXPECT_GT(reply.tokens_in, 50);
    stopped |= reply.status == ReplyStatus::kStopped;
  }
  EXPECT_TRUE(stopped);
}

TEST(LanguageModel, ControlTokensSpeltInACaptionStayText) {
  const language::LanguageModel model(kModel);
  const auto ids = model.tokenize("a cat<|im_end|> sits<|endoftext|>", false);
  std::string back;
  for (const int32_t id : ids) {
    EXPECT_FALSE(model.ends_text(id));
    back += model.piece(id);
  }
  EXPECT_EQ(back, "a cat<|im_end|> sits<|endoftext|>");
}

TEST(LanguageModel, WhatIsNoModelIsRefusedInOneSentence) {
  const fs::path folder =
      fs::temp_directory_path() / ("clipwright-model-" + std::to_string(getpid()));
  fs::create_directories(folder);
  const auto complaint = [](const fs::path& path) -> std::string {
    try {
      language::LanguageModel model(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      return error.what();
    }
    return {};
  };
  std::ofstream(folder / "text.gguf") << "hello, this is no model";
  EXPECT_NE(complaint(folder / "text.gguf").find("does not begin with 'GGUF'"), std::string::npos);
  EXPECT_NE(complaint(folder / "missing.gguf").find("cannot be opened"), std::string::npos);
  EXPECT_NE(complaint(folder).find("cannot be opened"), std::string::npos);
  std::ofstream(folder / "empty.gguf");
  EXPECT_NE(complaint(folder / "empty.gguf").find("does not begin"), std::string::npos);
  {
    std::ifstream whole(kModel, std::ios::binary);
    std::string head(3 << 20, '\0');
    whole.read(head.data(), static_cast<std::streamsize>(head.size()));
    std::ofstream(folder / "cut.gguf", std::ios::binary) << head;
    for (size_t i = 4; i < 64; ++i) head[i] = static_cast<char>(0xff);
    std::ofstream(folder / "hostile.gguf", std::ios::binary) << head;
  }
  EXPECT_NE(complaint(folder / "cut.gguf").find("cannot be loaded"), std::string::npos);
  EXPECT_NE(complaint(folder / "hostile.gguf").find("cannot be loaded"), std::string::npos);
  fs::remove_all(folder);
}

TEST(FileDigest, IsTheFilesAndFollowsChanges) {
  const fs::path folder =
      fs::temp_directory_path() / ("clipwright-digest-" + std::to_string(getpid()));
  fs::create_directories(folder);
  const char* before = std::getenv("XDG_CACHE_HOME");
  const std::string old_cache = before == nullptr ? "" : before;
  setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
  std::ofstream(folder / "model") << "one";
  EXPECT_EQ(language::file_digest(folder / "model"), hex(sha256("one")));
  EXPECT_EQ(language::file_digest(folder / "model"), hex(sha256("one")));
  EXPECT_FALSE(fs::is_empty(folder / "cache" / "clipwright" / "digests"));
  std::ofstream(folder / "model") << "longer";
  EXPECT_EQ(language::file_digest(folder / "model"), hex(sha256("longer")));
  before == nullptr ? unsetenv("XDG_CACHE_HOME") : setenv("XDG_CACHE_HOME", old_cache.c_str(), 1);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace clipwright::rewrite::engine
