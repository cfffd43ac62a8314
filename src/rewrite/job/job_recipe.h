// The recipe of a job's mode: what of its options decides the texts.
#pragma once

#include "rewrite/job/job.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::job {

/// Rows of the ledger are found by the recipe's hash, so a change of anything in it never reuses
/// old rows.
ledger::RewriteRecipe make_recipe(const RewriteOptions& options, const prompt::ExamplePack& pack,
                                  const engine::Engine& engine);

}  // namespace clipwright::rewrite::job
