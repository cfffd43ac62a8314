#include "rewrite/engine/back_translation_engine.h"

#include <deque>
#include <unordered_map>

#include "core/error.h"
#include "core/random.h"
#include "rewrite/prompt/translation_prompt.h"

namespace clipwright::rewrite::engine {
namespace {

// The two ways have different prompts; each is taken in stretches, so that an engine that computes
// a prompt's beginning once does not change between them at every text.
constexpr size_t kStretch = 64;

/// Turns each request of a queue into two for the inner engine, the second made of the first's
/// reply.
class TwoWays final : public RequestQueue, public ReplySink {
 public:
  TwoWays(const prompt::PivotLanguage& language, RequestQueue& queue, ReplySink& sink)
      : language_(language), queue_(queue), sink_(sink) {}

  std::optional<Request> next() override {
    if (back_.empty()) going_back_ = false;
    if (back_.size() >= kStretch) going_back_ = true;
    if (!going_back_) {
      if (std::optional<Request> request = queue_.next()) return there(std::move(*request));
    }
    if (back_.empty()) return std::nullopt;
    Request request = std::move(back_.front());
    back_.pop_front();
    return request;
  }

  bool closed() override { return queue_.closed(); }
  /// A text whose first half is paid for is finished all the same.
  void give_back(Request&& inner) override {
    const auto found = under_way_.find(inner.id);
    CW_CHECK(found != under_way_.end(), "a translation that is not under way");
    if (found->second.translated) {
      back_.push_front(std::move(inner));
    } else {
      queue_.give_back(std::move(found->second.request));
      under_way_.erase(found);
    }
  }
  size_t unsettled() const override { return sink_.unsettled(); }

  void put(const Request& inner, Reply reply) override {
    const auto found = under_way_.find(inner.id);
    CW_CHECK(found != under_way_.end(), "a reply to a translation that is not under way");
    UnderWay& way = found->second;
    reply.tokens_in += way.there.tokens_in;
    reply.tokens_out += way.there.tokens_out;
    reply.tokens_estimated |= way.there.tokens_estimated;
    reply.seconds += way.there.seconds;
    const bool whole =
        reply.status == ReplyStatus::kStopped && !prompt::caption_blanks(reply.text).empty();
    if (way.translated || !whole) {
      const UnderWay done = std::move(way);
      under_way_.erase(found);
      sink_.put(done.request, std::move(reply));
      return;
    }
    prompt::PromptText prompt = prompt::prompt_back(language_, reply.text);
    back_.push_back({.id = inner.id,
                     .prefix = std::move(prompt.prefix),
                     .body = std::move(prompt.body),
                     .seed = hash64("way back", way.request.seed),
                     .source = way.request.source,
                     .mode = way.request.mode,
                     .attempt = way.request.attempt});
    way.there = std::move(reply);
    way.translated = true;
  }

 private:
  struct UnderWay {
    Request request;
    Reply there;
    bool translated = false;
  };

  Request there(Request request) {
    prompt::PromptText prompt = prompt::prompt_there(language_, request.body);
    Request inner{.id = number_++,
                  .prefix = std::move(prompt.prefix),
                  .body = std::move(prompt.body),
                  .seed = request.seed,
                  .source = request.source,
                  .mode = request.mode,
                  .attempt = request.attempt};
    under_way_.emplace(inner.id, UnderWay{std::move(request), {}, false});
    return inner;
  }

  const prompt::PivotLanguage& language_;
  RequestQueue& queue_;
  ReplySink& sink_;
  int64_t number_ = 0;
  bool going_back_ = false;
  std::deque<Request> back_;
  std::unordered_map<int64_t, UnderWay> under_way_;
};

}  // namespace

BackTranslationEngine::BackTranslationEngine(std::unique_ptr<Engine> inner,
                                             const std::string& pivot)
    : inner_(std::move(inner)), pivot_(prompt::pivot_language(pivot).code) {}

Json BackTranslationEngine::identity() const {
  return {{"engine", engine_name()},
          {"pivot", pivot_},
          {"translation_prompt", prompt::kTranslationPrompt},
          {"through", inner_->identity()}};
}

bool BackTranslationEngine::could_be(const Json& identity) const {
  return identity.value("engine", Json()) == Json(engine_name()) &&
         identity.value("pivot", Json()) == Json(pivot_) &&
         identity.value("translation_prompt", Json()) == Json(prompt::kTranslationPrompt) &&
         inner_->could_be(identity.value("through", Json::object()));
}

void BackTranslationEngine::assume(const Json& identity, const Json& details) {
  inner_->assume(identity.value("through", Json::object()), details);
}

void BackTranslationEngine::run(RequestQueue& queue, const language::Sampling& sampling,
                                ReplySink& sink) {
  TwoWays ways(prompt::pivot_language(pivot_), queue, sink);
  inner_->run(ways, sampling, ways);
}

std::vector<std::string> BackTranslationEngine::pivot_languages() {
  std::vector<std::string> codes;
  for (const prompt::PivotLanguage& language : prompt::all_pivot_languages())
    codes.emplace_back(language.code);
  return codes;
}

}  // namespace clipwright::rewrite::engine
