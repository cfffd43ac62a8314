// Rewriting without a line to the model: requests go into files in OpenAI's batch format, answers
// come from files that somebody else fetched (docs/formats/openai_batch.md). For cheap offline
// batches and for machines without a network.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "rewrite/engine/engine.h"
#include "rewrite/openai/batch_files.h"
#include "rewrite/openai/openai_protocol.h"

namespace clipwright::rewrite::openai {

struct BatchOptions {
  std::filesystem::path folder;
  std::string model;
  std::string revision;  ///< of the model, as the user calls it; part of the recipe
  OpenAiApi api = OpenAiApi::kCompletions;  ///< kAuto is completions: nobody is there to ask
  BatchLimits limits;
};

/// Of the last run.
struct BatchCounts {
  int64_t answered = 0;                 ///< requests whose answer was there, errors included
  int64_t errors = 0;                   ///< of these, answers that are errors
  int64_t written = 0;                  ///< requests newly written
  int64_t waiting = 0;                  ///< written at any time and not answered yet
  int64_t unknown = 0;                  ///< results nobody asked for
  int64_t damaged = 0, duplicates = 0;  ///< lines of the results files
};

class BatchEngine final : public engine::Engine {
 public:
  /// Throws Error(kUsage) without folder or model.
  explicit BatchEngine(const BatchOptions& options);

  Json identity() const override;
  std::string without_thought() const override;
  bool texts_may_come() const override { return true; }
  /// Answers what results hold; writes what was never asked into a requests file and hands it back
  /// as missing. Running again before the answers are there writes nothing twice.
  void run(engine::RequestQueue& queue, const language::Sampling& sampling,
           engine::ReplySink& sink) override;

  /// Stable name of one request: mode, attempt, and a hash of source and body. A change of prompt,
  /// model or sampling never meets an old answer.
  static std::string custom_id(const engine::Request& request, const Json& body);
  const BatchCounts& counts() const { return counts_; }

 private:
  engine::Reply reply_of(const engine::Request& request, const Json& line);
  void report(const std::vector<std::filesystem::path>& written) const;
  BatchOptions options_;
  OpenAiDialect dialect_;
  BatchCounts counts_;
};

}  // namespace clipwright::rewrite::openai
