// The recipe of a job's mode: what of its options decides the texts.
#pragma once

#include "rewrite/job.h"
#include "rewrite/recipe.h"

namespace clipwright {

/// Rows of the ledger are found by the recipe's hash, so a change of anything in it never reuses
/// old rows.
RewriteRecipe make_recipe(const RewriteOptions& options, const ExamplePack& pack,
                          const Engine& engine);

}  // namespace clipwright
