// The engines by name.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "rewrite/engine.h"

namespace clipwright {

struct EngineOptions {
  std::string name = "llama";     ///< llama | replay
  std::filesystem::path model;    ///< llama: GGUF; empty: the one that ships with the program
  int threads = 0, parallel = 0;  ///< llama: 0 chooses
  std::string replay;             ///< replay: a ledger or recorded rewrites
};

/// Throws Error(kUsage) for an engine this version does not have, and what the engine's constructor
/// throws.
std::unique_ptr<Engine> make_engine(const EngineOptions& options);

}  // namespace clipwright
