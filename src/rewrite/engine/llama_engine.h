// The in-process engine: llama.cpp with many texts in flight; what their prompts begin with in
// common is computed once and forked.
//
// A text depends only on its prompt, its seed and the model, bit for bit: not on what else is in
// flight, the order of requests, the number of threads or a restart (how: sequence_cache.h).
// Servers do not promise that.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "rewrite/engine/engine.h"

namespace clipwright::rewrite::engine {

struct LlamaOptions {
  std::filesystem::path model;  ///< GGUF; empty: the model that ships with the program
  int threads = 0;              ///< 0: all of the machine
  int parallel = 0;  ///< texts in flight; 0: 16 a thread. Each costs cache memory; many more gain
                     ///< little on a CPU
  std::string quantize;  ///< compute with a copy of this type (language/quantized_copy.h); empty:
                         ///< the weights as they are
  bool chat = false;     ///< put the prompt into the model's chat template (instruct models)
};

class LlamaEngine final : public Engine {
 public:
  /// Loads the model. Throws Error(kInput) when it is not usable.
  explicit LlamaEngine(const LlamaOptions& options);
  ~LlamaEngine() override;

  Json identity() const override;
  Json details() const override;
  int count_tokens(std::string_view text) const override;
  std::string without_thought() const override;
  void run(RequestQueue& queue, const language::Sampling& sampling, ReplySink& sink) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clipwright::rewrite::engine
