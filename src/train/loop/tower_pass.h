// From the pairs of a step to the features that its terms read: each tower pass is run once and
// shared, and what no term wants is not computed.
#pragma once

#include <functional>
#include <vector>

#include "losses/objective.h"
#include "models/clip.h"
#include "train/loop/step_input.h"
#include "train/tuning/frozen_features.h"

namespace clipwright::train::loop {

/// The features of some pairs as `wants` has them, the objective's or less; without unit rows and
/// scale. What batch normalisation meets is added to `seen`, where one is given. With `bfloat16`
/// the towers run under autocast; features stay in the model's type. What `frozen` knows is not
/// computed, and what it does not know it keeps.
losses::Features run_towers(models::Clip& model, const losses::Objective& objective,
                            const losses::Wants& wants, const StepInput& input, bool bfloat16,
                            tensor::BatchStatistics* seen = nullptr,
                            tuning::FrozenTowers* frozen = nullptr);

/// What stays of features where less is wanted of their texts.
losses::Features with_wanted_texts(losses::Features features, const losses::Wants& wants);

/// Every place for a tensor of a tower, in one order; undefined where it gave none.
void for_each_output(losses::Features& features, const std::function<void(Tensor&)>& visit);

/// The pairs of all parts as one batch, without graphs.
losses::Features join(const std::vector<losses::Features>& parts);

/// How many rows of each tensor that `for_each_output` visits belong to a part: pairs, tokens, or
/// none.
std::vector<int64_t> rows_of_outputs(losses::Features& features);

/// What a term reads: unit rows where it wants embeddings, and the scale.
losses::Features with_unit_rows(const losses::Features& towers, const losses::Wants& wants,
                                const Tensor& scale);

/// Hidden words in all masked slots.
int64_t count_masked(const StepInput& input);

}  // namespace clipwright::train::loop
