#include "rewrite/engines.h"

#include <vector>

#include "core/error.h"
#include "rewrite/llama_engine.h"
#include "rewrite/replay_engine.h"

namespace clipwright {

std::unique_ptr<Engine> make_engine(const EngineOptions& options) {
  if (options.name == "llama") {
    return std::make_unique<LlamaEngine>(LlamaOptions{
        .model = options.model, .threads = options.threads, .parallel = options.parallel});
  }
  if (options.name == "replay") {
    if (options.replay.empty())
      fail_usage("--engine replay was given nothing to replay",
                 "--replay FILE (a ledger or recorded rewrites)");
    return std::make_unique<ReplayEngine>(Records::read(options.replay));
  }
  const std::string near = nearest(options.name, {"llama", "replay"});
  fail_usage("this version has no engine '" + options.name + "'",
             "llama (a GGUF model in this process) or replay (texts made before)",
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

}  // namespace clipwright
