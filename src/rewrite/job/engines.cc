#include "rewrite/job/engines.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "rewrite/archive/replay_engine.h"
#include "rewrite/engine/back_translation_engine.h"
#include "rewrite/engine/eda_engine.h"
#include "rewrite/engine/llama_engine.h"
#include "rewrite/openai/batch_engine.h"
#include "rewrite/openai/openai_engine.h"
#include "rewrite/prompt/translation_prompt.h"

namespace clipwright::rewrite::job {
namespace {

const std::vector<std::string> kEngines = {"llama", "openai", "batch", "back-translation",
                                           "eda",   "replay"};

void check_name(const EngineOptions& options) {
  if (std::find(kEngines.begin(), kEngines.end(), options.name) != kEngines.end()) return;
  const std::string near = nearest(options.name, kEngines);
  fail_usage("this version has no engine '" + options.name + "'",
             "llama (a GGUF model in this process), openai (a server), batch (files that a service "
             "answers), back-translation, eda (no model: words exchanged, moved and left out) or "
             "replay (texts made before)",
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

/// An option that was given to an engine that would ignore it is a mistake better told at once.
void check_options(const EngineOptions& options) {
  const std::string& name = options.name;
  const bool server = name == "openai" || (name == "back-translation" && !options.base_url.empty());
  const bool local = name == "llama" || (name == "back-translation" && !server);
  const auto refuse = [&](bool given, bool used, const char* flag, const char* expected) {
    if (given && !used)
      fail_usage(std::string(flag) + " says nothing to --engine " + name, expected);
  };
  refuse(!options.model.empty(), local, "--model",
         "a GGUF for llama or back-translation; servers are told --model-name");
  refuse(options.threads != 0, local, "--threads", "llama, or back-translation without --base-url");
  refuse(options.parallel != 0, local, "--parallel",
         "llama, or back-translation without --base-url; servers are told --concurrency");
  refuse(!options.quantize.empty(), local, "--quantize",
         "llama, or back-translation without --base-url; servers choose their weights themselves");
  refuse(!options.chat.empty(), local, "--chat",
         "llama, or back-translation without --base-url; servers are told --api chat");
  refuse(!options.base_url.empty(), server, "--base-url", "openai or back-translation");
  refuse(!options.model_name.empty(), server || name == "batch", "--model-name",
         "openai, batch, or back-translation with --base-url");
  refuse(!options.revision.empty(), server || name == "batch", "--model-revision",
         "openai, batch, or back-translation with --base-url");
  refuse(!options.api.empty(), server || name == "batch", "--api",
         "openai, batch, or back-translation with --base-url");
  refuse(options.concurrency != 0, server, "--concurrency",
         "openai, or back-translation with --base-url");
  refuse(options.timeout != 0, server, "--timeout", "openai, or back-translation with --base-url");
  refuse(!options.batch_dir.empty(), name == "batch", "--batch-dir", "batch");
  refuse(!options.pivot.empty(), name == "back-translation", "--pivot", "back-translation");
  refuse(options.eda != lexicon::EdaOptions{}, name == "eda", "--eda-recipe or --eda-alpha", "eda");
  refuse(!options.replay.empty(), name == "replay", "--replay", "replay");
  refuse(!options.recipe.empty(), name == "replay", "--recipe", "replay");
  if (options.forecast && name == "batch")
    fail_usage("--dry-run has nothing to try with --engine batch", "an engine that answers at once",
               "A first run without --dry-run asks nobody; it only writes the requests.");
}

std::chrono::milliseconds seconds_option(double given, double usual, const char* flag) {
  const double seconds = given == 0 ? usual : given;
  if (!(seconds > 0 && seconds <= 86'400))
    fail_usage(std::string(flag) + " " + std::to_string(given), "seconds, up to a day");
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

std::unique_ptr<engine::Engine> make_llama(const EngineOptions& options) {
  if (options.chat != "" && options.chat != "on" && options.chat != "off")
    fail_usage("--chat " + options.chat, "on or off");
  return std::make_unique<engine::LlamaEngine>(engine::LlamaOptions{.model = options.model,
                                                                    .threads = options.threads,
                                                                    .parallel = options.parallel,
                                                                    .quantize = options.quantize,
                                                                    .chat = options.chat == "on"});
}

std::unique_ptr<engine::Engine> make_openai(const EngineOptions& options) {
  openai::OpenAiOptions openai;
  openai.base_url = options.base_url;
  openai.model = options.model_name;
  openai.revision = options.revision;
  if (const char* key = std::getenv("OPENAI_API_KEY"); key != nullptr) openai.key = key;
  openai.api = openai::parse_openai_api(options.api.empty() ? "auto" : options.api);
  if (options.concurrency < 0 || options.concurrency > 4096)
    fail_usage("--concurrency " + std::to_string(options.concurrency), "1 to 4096");
  if (options.concurrency != 0) openai.concurrency = options.concurrency;
  openai.limits.first_byte = seconds_option(options.timeout, 120, "--timeout");
  openai.ask_later = true;  // a job that has everything asks nobody
  openai.patience = seconds_option(options.patience, 600, "--patience");
  return std::make_unique<openai::OpenAiEngine>(openai);
}

}  // namespace

std::unique_ptr<engine::Engine> make_engine(const EngineOptions& options) {
  check_name(options);
  check_options(options);
  if (options.name == "llama") return make_llama(options);
  if (options.name == "openai") return make_openai(options);
  if (options.name == "batch") {
    return std::make_unique<openai::BatchEngine>(openai::BatchOptions{
        .folder = options.batch_dir,
        .model = options.model_name,
        .revision = options.revision,
        .api = openai::parse_openai_api(options.api.empty() ? "auto" : options.api)});
  }
  if (options.name == "back-translation") {
    const std::string pivot = options.pivot.empty() ? "de" : options.pivot;
    prompt::pivot_language(pivot);  // a wrong one is better told before a model is loaded
    return std::make_unique<engine::BackTranslationEngine>(
        options.base_url.empty() ? make_llama(options) : make_openai(options), pivot);
  }
  if (options.name == "replay") {
    if (options.replay.empty())
      fail_usage("--engine replay was given nothing to replay",
                 "--replay FILE (a ledger or recorded rewrites)");
    archive::ReplayTexts records = archive::ReplayTexts::read(options.replay, options.recipe);
    for (const std::string& mode : records.mixed_modes()) {
      log_warning(options.replay + ": the texts of mode '" + mode +
                  "' were made by several recipes; of each caption the latest counts. --recipe "
                  "takes those of one ('clipwright ledger status' lists them).");
    }
    return std::make_unique<archive::ReplayEngine>(std::move(records));
  }
  return std::make_unique<engine::EdaEngine>(options.eda);
}

std::vector<prompt::ExamplePack> choose_packs(const std::vector<std::string>& modes,
                                              const engine::Engine& engine) {
  const std::vector<std::string> own = engine.modes();
  std::vector<prompt::ExamplePack> packs;
  if (own.empty()) {
    for (const std::string& mode : modes.empty() ? prompt::ExamplePack::shipped_modes() : modes)
      packs.push_back(prompt::ExamplePack::shipped(mode));
    return packs;
  }
  for (const std::string& mode : modes.empty() ? own : modes) {
    if (std::find(own.begin(), own.end(), mode) == own.end()) {
      const std::string near = nearest(mode, own);
      fail_input(
          "there are no texts of the mode '" + mode + "'", "one of: " + listed(own),
          near.empty() ? "Leave --modes out to take them all." : "Did you mean '" + near + "'?");
    }
    packs.push_back(prompt::ExamplePack::none(mode));
  }
  return packs;
}

}  // namespace clipwright::rewrite::job
