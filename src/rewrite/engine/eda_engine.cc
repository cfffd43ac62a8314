#include "rewrite/engine/eda_engine.h"

#include <string>

#include "core/error.h"
#include "rewrite/engine/reply.h"

namespace clipwright::rewrite::engine {
namespace {

/// Changes with anything that changes a text, so that old rows are never taken for new ones.
constexpr const char* kAlgorithm = "eda/1";

}  // namespace

EdaEngine::EdaEngine(const lexicon::EdaOptions& options, const std::filesystem::path& wordnet)
    : options_(options), thesaurus_(wordnet) {
  if (!(options.alpha > 0 && options.alpha < 1))
    fail_usage("--eda-alpha " + std::to_string(options.alpha), "above 0 and below 1");
}

Json EdaEngine::identity() const {
  return {{"engine", "eda"},
          {"algorithm", kAlgorithm},
          {"recipe", options_.recipe == lexicon::EdaRecipe::kOriginal ? "original" : "declip"},
          {"alpha", options_.alpha},
          {"wordnet_sha256", thesaurus_.digest()}};
}

void EdaEngine::run(RequestQueue& queue, const language::Sampling&, ReplySink& sink) {
  while (auto request = queue.next()) {
    Random random(request->seed, "eda", 0, uint64_t{0});
    Reply reply;
    reply.text = lexicon::eda(request->source, options_, thesaurus_, random);
    reply.tokens_in = static_cast<int>(prompt::count_words(request->source));
    reply.tokens_out = static_cast<int>(prompt::count_words(reply.text));
    sink.put(*request, std::move(reply));
  }
}

}  // namespace clipwright::rewrite::engine
