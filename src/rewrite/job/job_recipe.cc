#include "rewrite/job/job_recipe.h"

namespace clipwright::rewrite::job {

ledger::RewriteRecipe make_recipe(const RewriteOptions& options, const prompt::ExamplePack& pack,
                                  const engine::Engine& engine) {
  ledger::RewriteRecipe recipe;
  Json& parts = recipe.description;
  parts = engine.identity();
  parts["mode"] = pack.mode();
  if (!pack.rows().empty()) {
    parts["examples_sha256"] = pack.digest();
    parts["triples"] = options.triples;
    parts["prompt"] = std::string(prompt::prompt_version(options.layout));
  }
  if (engine.uses_sampling()) {
    parts["temperature"] = options.sampling.temperature;
    parts["top_p"] = options.sampling.top_p;
    parts["max_tokens"] = options.sampling.max_tokens;
  }
  parts["seed"] = options.seed;
  recipe.sha = sha256(to_line(parts));
  parts["details"] = engine.details();
  return recipe;
}

}  // namespace clipwright::rewrite::job
