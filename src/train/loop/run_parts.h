// What a run is put together from, as its options say: data, model, objective, optimiser, and how
// the loader brings the batches. Each says in the log what it is.
#pragma once

#include <memory>
#include <string>

#include "data/loader/loader.h"
#include "losses/objective.h"
#include "models/clip.h"
#include "optim/adamw.h"
#include "train/loop/training_run.h"
#include "train/options/options.h"
#include "train/options/plan.h"
#include "train/options/resolved_options.h"

namespace clipwright::train::loop {

/// Opens what is not open yet. Throws Error(kUsage) where there is nothing to train on,
/// Error(kInput) for data that cannot be used.
void open_data(const options::TrainOptions& options, TrainingData& data);

/// Of the model that is trained, before it is made. Throws as models::read_model_config and
/// models::encoders::with_text_encoder.
models::ModelConfig model_config(const options::TrainOptions& options);

/// In training mode on its device; drawn weights start with the objective's scale.
std::shared_ptr<models::Clip> build_model(const options::TrainOptions& options,
                                          const losses::ObjectiveConfig& objective);

/// Weights that are drawn follow from configuration and seed and have an empty digest; others are
/// known by it.
std::string digest_of_given_weights(const options::TrainOptions& options,
                                    const models::Clip& model);

/// Brings the objective into training mode on the model's device; locks and adapts the towers as
/// the options say, and freezes what else of the model the objective does not train.
void join_objective(const options::TrainOptions& options, losses::Objective& objective,
                    models::Clip& model);

/// The model's tensors and the low-rank matrices beside them.
tensor::ParameterTable model_parameters(const models::Clip& model);

/// Over what the model and the objective's terms train.
optim::AdamW build_optimizer(const options::TrainOptions& options, const std::string& decay_rule,
                             const models::Clip& model, const losses::Objective& objective);

/// The views and texts that the objective names, in micro-batches. `filled`: with nothing left
/// open.
data::loader::LoaderOptions loader_options(const options::TrainOptions& filled,
                                           const options::ResolvedObjective& objective,
                                           const models::Clip& model, const options::Plan& plan);

}  // namespace clipwright::train::loop
