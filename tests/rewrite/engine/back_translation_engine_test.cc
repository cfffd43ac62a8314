#include "rewrite/engine/back_translation_engine.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "rewrite/engine/llama_engine.h"
#include "rewrite/engine/request_pool.h"
#include "rewrite/prompt/prompt.h"
#include "tests/rewrite/request_list.h"

namespace clipwright::rewrite::engine {
namespace {

/// "Translates" by wrapping the last line's text; keeps a few requests in flight, as engines do.
class Wrapper : public Engine {
 public:
  Json identity() const override { return {{"engine", "wrapper"}}; }
  void run(RequestQueue& queue, const language::Sampling&, ReplySink& sink) override {
    std::deque<Request> in_flight;
    while (true) {
      while (in_flight.size() < 8) {
        std::optional<Request> request = queue.next();
        if (!request) break;
        prefixes.push_back(request->prefix);
        in_flight.push_back(std::move(*request));
      }
      if (in_flight.empty()) return;
      const Request request = std::move(in_flight.back());  // any order
      in_flight.pop_back();
      sink.put(request, answer(request));
    }
  }
  static Reply answer(const Request& request) {
    const size_t start = request.body.find(": ") + 2, end = request.body.find('\n', start);
    const std::string text = request.body.substr(start, end - start);
    const bool there = request.body.ends_with("German:");
    if (text == "caption 3") return {.status = ReplyStatus::kFailed, .text = "http 400"};
    if (text == "caption 4") return {.text = "  "};
    if (text == "caption 5") return {.status = ReplyStatus::kCut, .text = " ein ein"};
    return {.text = (there ? " de(" : " en(") + text + ")",
            .tokens_in = there ? 10 : 20,
            .tokens_out = there ? 1 : 2,
            .seconds = there ? 0.25 : 0.5};
  }
  std::vector<std::string> prefixes;
};

TEST(BackTranslation, GoesThereAndBackOnceForEachCaption) {
  auto inner = std::make_unique<Wrapper>();
  const Wrapper& wrapper = *inner;
  BackTranslationEngine engine(std::move(inner), "de");
  EXPECT_FALSE(engine.uses_examples());
  EXPECT_EQ(engine.identity()["engine"], "back-translation");
  EXPECT_EQ(engine.identity()["pivot"], "de");
  EXPECT_EQ(engine.identity()["through"]["engine"], "wrapper");
  RequestList list = RequestList::captions(300, 1);
  for (Request& request : list.requests) request.body = request.source;
  engine.run(list, {}, list);
  ASSERT_EQ(list.replies.size(), 300u);
  EXPECT_EQ(list.replies.at(77).text, " en(de(caption 77))");
  EXPECT_EQ(list.replies.at(77).tokens_in, 30);
  EXPECT_EQ(list.replies.at(77).tokens_out, 3);
  EXPECT_EQ(list.replies.at(77).seconds, 0.75);
  EXPECT_EQ(list.replies.at(3).status, ReplyStatus::kFailed);
  EXPECT_EQ(list.replies.at(4).text, "  ");  // for the job to reject
  EXPECT_EQ(list.replies.at(5).status, ReplyStatus::kCut);
  // Both ways in long stretches: few changes of what the prompts share.
  size_t changes = 0;
  for (size_t i = 1; i < wrapper.prefixes.size(); ++i)
    changes += wrapper.prefixes[i] != wrapper.prefixes[i - 1];
  EXPECT_EQ(wrapper.prefixes.size(), 597u);
  EXPECT_LE(changes, 14u);
}

/// Takes requests long before it begins them, as the engines do that sort them.
class LookingAhead final : public Wrapper {
 public:
  void run(RequestQueue& queue, const language::Sampling&, ReplySink& sink) override {
    RequestPool pool(queue, sink, 1, 64);
    while (std::optional<Request> request = pool.take(0)) {
      pool.put(*request, answer(*request));
    }
  }
};

TEST(BackTranslation, ASpentBudgetFinishesWhatIsHalfPaidAndBeginsNothing) {
  /// Closes itself when so many first halves were handed out.
  struct Budgeted final : RequestQueue {
    std::optional<Request> next() override {
      if (closed()) return std::nullopt;
      ++given;
      return list.next();
    }
    bool closed() override { return given >= 100; }
    void give_back(Request&&) override { ++returned; }
    RequestList list = RequestList::captions(300, 1);
    int given = 0, returned = 0;
  } queue;
  for (Request& request : queue.list.requests) request.body = request.source;
  RequestList sink;
  BackTranslationEngine engine(std::make_unique<LookingAhead>(), "de");
  engine.run(queue, {}, sink);
  EXPECT_EQ(static_cast<int>(sink.replies.size()) + queue.returned, 100);
  EXPECT_GT(queue.returned, 0);
  EXPECT_GT(sink.stopped(), 0);
}

TEST(BackTranslation, AnUnknownLanguageIsToldWithThoseThereAre) {
  try {
    BackTranslationEngine engine(std::make_unique<Wrapper>(), "xx");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("de (German)"), std::string::npos);
  }
  for (const std::string& code : BackTranslationEngine::pivot_languages())
    EXPECT_NO_THROW(BackTranslationEngine(std::make_unique<Wrapper>(), code));
}

TEST(BackTranslation, RunsThroughALanguageModel) {
  BackTranslationEngine engine(std::make_unique<LlamaEngine>(LlamaOptions{
                                   .model = CLIPWRIGHT_DEFAULT_LANGUAGE_MODEL, .threads = 1}),
                               "fr");
  const auto translate = [&] {
    RequestList list;
    list.requests.push_back({.seed = 4, .source = "two dogs playing in the snow"});
    engine.run(list, {.max_tokens = 24}, list);
    EXPECT_EQ(list.replies.size(), 1u);
    return list.replies[0];
  };
  const Reply reply = translate();
  EXPECT_EQ(reply.status, ReplyStatus::kStopped);
  EXPECT_FALSE(prompt::caption_blanks(reply.text).empty());
  EXPECT_GT(reply.tokens_in, 200);  // both prompts
  EXPECT_EQ(translate().text, reply.text);
}

}  // namespace
}  // namespace clipwright::rewrite::engine
