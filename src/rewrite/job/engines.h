// The engines by name.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lexicon/eda.h"
#include "rewrite/engine/engine.h"
#include "rewrite/prompt/example_pack.h"

namespace clipwright::rewrite::job {

struct EngineOptions {
  std::string name = "llama";     ///< llama | openai | batch | back-translation | eda | replay
  std::filesystem::path model;    ///< llama: GGUF; empty: the one that ships with the program
  int threads = 0, parallel = 0;  ///< llama: 0 chooses
  std::string quantize;           ///< llama: type of the weights to compute with; empty: as stored
  std::string chat;               ///< llama: on | off (the default): the model's chat template
  std::string base_url;           ///< openai
  std::string model_name;         ///< openai, batch
  std::string revision;           ///< openai, batch: of the model, where a name is not enough
  std::string api;                ///< openai, batch: auto (the default) | completions | chat
  int concurrency = 0;            ///< openai: requests in flight at most; 0: 32
  double timeout = 0;             ///< openai: seconds until a reply begins; 0: 120
  double patience = 0;            ///< openai: seconds without any answer; 0: 600
  std::filesystem::path batch_dir;  ///< batch
  std::string pivot;                ///< back-translation: a language's code; empty: de
  bool forecast = false;            ///< nothing may be written
  std::string replay;               ///< replay: a ledger or recorded rewrites
  std::string recipe;               ///< replay: first digits of the recipes to take; empty: all
  lexicon::EdaOptions eda;
};

/// The packs of the modes that a user names (none named: all there are): those that ship, or under
/// an engine that has texts of its own modes (Engine::modes) these, which need no examples. Throws
/// Error(kUsage) for an unknown mode, Error(kInput) for one that the engine has no texts of.
std::vector<prompt::ExamplePack> choose_packs(const std::vector<std::string>& modes,
                                              const engine::Engine& engine);

/// Throws Error(kUsage) for an engine this version does not have or an option that the engine does
/// not use, and what the engine's constructor throws. The key of a server is read from
/// OPENAI_API_KEY. back-translation goes through a server when there is a base URL, else through a
/// GGUF.
std::unique_ptr<engine::Engine> make_engine(const EngineOptions& options);

}  // namespace clipwright::rewrite::job
