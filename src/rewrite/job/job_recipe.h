// The recipe of a job's mode: what of its options decides the texts.
#pragma once

#include <array>
#include <string_view>

#include "rewrite/job/job.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::job {

/// What a recipe's description says besides the engine's identity.
constexpr std::array<std::string_view, 9> kJobParts = {
    "mode",  "examples_sha256", "triples", "prompt", "temperature",
    "top_p", "max_tokens",      "seed",    "details"};

/// Rows of the ledger are found by the recipe's hash, so a change of anything in it never reuses
/// old rows.
ledger::RewriteRecipe make_recipe(const RewriteOptions& options, const prompt::ExamplePack& pack,
                                  const engine::Engine& engine);

}  // namespace clipwright::rewrite::job
