// Yes-or-no questions to a language model: not what it writes, but how likely either word is next.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "language/language_model.h"

struct llama_context;

namespace clipwright::language {

class YesNo {
 public:
  /// `beginning`: instructions and worked examples that every question continues; computed once.
  /// `longest`: tokens that a question may have, at most 512. Throws Error(kInput) when the model
  /// cannot tell yes from no by one token or its context is too short, Error(kFailed) when memory
  /// is short.
  YesNo(const LanguageModel& model, std::string_view beginning, int longest, int threads);
  ~YesNo();

  /// P(yes) / (P(yes) + P(no)) for the token after each question; NaN for a question that is empty
  /// or longer than allowed. Questions are read many at a time, so that an answer may differ by a
  /// hundredth or two with its company (a quantised model rounds its activations). Throws
  /// Error(kInterrupted) when the process is asked to stop.
  std::vector<double> ask(std::span<const std::string> questions);

 private:
  struct Free {
    void operator()(llama_context* context) const;
  };
  struct Question {
    size_t place;
    std::vector<int32_t> tokens;
  };
  void read_beginning(std::span<const int32_t> tokens);
  void answer(std::span<const Question> questions, std::vector<double>& answers);
  double chance_of_yes(const float* logits) const;

  const LanguageModel& model_;
  size_t longest_, beginning_ = 0;
  std::vector<int32_t> yes_, no_;  ///< tokens that begin either answer
  std::unique_ptr<llama_context, Free> context_;
};

}  // namespace clipwright::language
