// Rewrites by way of another language: a language model translates a caption into the pivot
// language and back, each with a few-shot prompt of our own. Needs no example pairs; the two
// translations go through any other engine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rewrite/engine/engine.h"

namespace clipwright::rewrite::engine {

class BackTranslationEngine final : public Engine {
 public:
  /// `pivot`: one of pivot_languages(). Throws Error(kUsage) for another.
  BackTranslationEngine(std::unique_ptr<Engine> inner, const std::string& pivot);

  Json identity() const override;
  std::string engine_name() const override { return "back-translation"; }
  bool connected() const override { return inner_->connected(); }
  void connect() override { inner_->connect(); }
  bool could_be(const Json& identity) const override;
  void assume(const Json& identity, const Json& details) override;
  Json details() const override { return inner_->details(); }
  std::string without_thought() const override { return inner_->without_thought(); }
  bool uses_examples() const override { return false; }
  int count_tokens(std::string_view text) const override { return inner_->count_tokens(text); }
  /// Tokens of a reply are those of both ways. A way there that ends in nothing ends the request.
  void run(RequestQueue& queue, const language::Sampling& sampling, ReplySink& sink) override;

  /// Codes of the languages there are prompts for: "de", "es", ...
  static std::vector<std::string> pivot_languages();

 private:
  std::unique_ptr<Engine> inner_;
  std::string pivot_;
};

}  // namespace clipwright::rewrite::engine
