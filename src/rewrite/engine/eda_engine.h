// Easy data augmentation as an engine: the cheapest baseline there is, a hundred thousand captions
// a second.
#pragma once

#include <filesystem>

#include "lexicon/eda.h"
#include "lexicon/wordnet_files.h"
#include "rewrite/engine/engine.h"

namespace clipwright::rewrite::engine {

/// Texts depend on the source, the request's seed and the options only. Works under one mode,
/// "eda", without examples.
class EdaEngine final : public Engine {
 public:
  /// Throws Error(kUsage) for an alpha outside (0, 1) or a folder without WordNet.
  explicit EdaEngine(const lexicon::EdaOptions& options,
                     const std::filesystem::path& wordnet = lexicon::default_wordnet_folder());

  Json identity() const override;
  bool uses_examples() const override { return false; }
  bool uses_sampling() const override { return false; }
  void run(RequestQueue& queue, const language::Sampling& sampling, ReplySink& sink) override;

 private:
  lexicon::EdaOptions options_;
  lexicon::Thesaurus thesaurus_;
};

}  // namespace clipwright::rewrite::engine
