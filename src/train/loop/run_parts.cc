#include "train/loop/run_parts.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/words.h"
#include "lexicon/wordnet_files.h"
#include "models/encoders/pretrained_text.h"
#include "models/load_model.h"
#include "models/open_clip_config.h"
#include "models/tuning/stretched_context.h"
#include "models/weights_digest.h"
#include "tensor/device.h"
#include "text/hugging_face/tokenizer.h"
#include "train/loop/frozen.h"
#include "train/options/image_recipe.h"
#include "train/tuning/held_out.h"
#include "train/tuning/layer_rates.h"
#include "train/tuning/locked.h"
#include "train/tuning/low_rank_adaptation.h"

namespace clipwright::train::loop {
namespace {

std::shared_ptr<const data::source::Dataset> open_pairs(const options::TrainOptions& options,
                                                        const std::string& source) {
  data::source::DataOptions data;
  data.source = source;
  data.type = options.dataset_type;
  data.csv_separator = options.csv_separator;
  data.csv_image_key = options.csv_img_key;
  data.csv_caption_key = options.csv_caption_key;
  data.image_root = options.image_root;
  data.max_skipped_share = options.max_bad_share;
  return data::source::open_dataset(data);
}

bool starts_from_drawn_weights(const options::TrainOptions& options) {
  return options.pretrained.empty() && !models::has_weights(options.model);
}

/// What no shape tells: weights of a tower with another activation load without an error, and
/// compute something else.
void tell_differences(const options::TrainOptions& options, const models::ModelConfig& model,
                      const models::ModelConfig& weights) {
  std::vector<std::string> parts;
  const bool resnets = !model.vision.resnet_layers.empty();
  if (!resnets && model.vision.activation != weights.vision.activation)
    parts.emplace_back("another activation in the image tower");
  if (!resnets && model.vision.heads != weights.vision.heads)
    parts.emplace_back(std::to_string(weights.vision.heads) + " heads in the image tower and not " +
                       std::to_string(model.vision.heads));
  if (model.text.activation != weights.text.activation)
    parts.emplace_back("another activation in the text tower");
  if (model.text.heads != weights.text.heads)
    parts.emplace_back(std::to_string(weights.text.heads) + " heads in the text tower and not " +
                       std::to_string(model.text.heads));
  if (parts.empty()) return;
  log_warning(
      "--pretrained " + options.pretrained + " is of a model with " + listed(parts) +
      ", so --model " + options.model +
      " computes other features with its weights. --model can name the weights themselves.");
}

std::shared_ptr<const lexicon::Thesaurus> open_thesaurus(
    const std::vector<data::captions::TextSlot>& slots) {
  const bool wanted = std::any_of(slots.begin(), slots.end(), [](const auto& slot) {
    return slot.source == data::captions::TextSource::kEda;
  });
  if (!wanted) return nullptr;
  return std::make_shared<lexicon::Thesaurus>(lexicon::default_wordnet_folder());
}

}  // namespace

void open_data(const options::TrainOptions& options, TrainingData& data) {
  if (!data.pairs) {
    if (options.train_data.empty())
      fail_usage("there is nothing to train on", "--train-data",
                 "Tars, a CSV or TSV, JSONL, Parquet or a folder.");
    data.pairs = open_pairs(options, options.train_data);
    if (options.hold_out > 0) {
      tuning::HeldOut parts = tuning::hold_out(data.pairs, options.hold_out, options.seed);
      data.pairs = parts.training;
      data.validation = parts.held_out;
    }
    data.captions = std::make_shared<data::captions::CaptionTable>(
        data::captions::CaptionTable::build(*data.pairs, options.rewrites, options.keep_if));
    if (!options.val_data.empty()) data.validation = open_pairs(options, options.val_data);
  }
  log_info("data: " + data.pairs->describe());
  log_info(data.captions->describe());
  if (data.validation) log_info("validation: " + data.validation->describe());
  if (options.early_stop_patience > 0 && !data.validation) {
    fail_usage("--early-stop-patience goes by the validation loss, and there are no pairs for it",
               "--val-data SRC, or --hold-out 0.1");
  }
}

models::ModelConfig model_config(const options::TrainOptions& options) {
  const models::ModelConfig config = models::read_model_config(options::trained_model(options));
  return options.text_model.empty() ? config
                                    : models::encoders::with_text_encoder(
                                          config, options.text_model, options.context_length);
}

std::shared_ptr<models::Clip> build_model(const options::TrainOptions& options,
                                          const losses::ObjectiveConfig& objective) {
  std::shared_ptr<models::Clip> model =
      models::load_model(options::trained_model(options), options.seed);
  // Checkpoints are written in this form: what it cannot hold is refused before the first step.
  models::to_open_clip_config(model->config());
  if (!options.pretrained.empty()) {
    const std::shared_ptr<models::Clip> weights =
        models::load_trained_model(options::starting_weights(options));
    tell_differences(options, model->config(), weights->config());
    model->load_state(weights->table().file_tensors(), options.pretrained);
  }
  const int64_t context = options.context_length;
  if (!options.text_model.empty()) {
    model =
        models::encoders::exchange_text_tower(*model, options.text_model, context, options.seed);
  } else if (context > 0 && starts_from_drawn_weights(options)) {
    models::ModelConfig longer = model->config();
    longer.text.context_length = static_cast<int>(context);
    model = std::make_shared<models::Clip>(longer, options.seed);
  } else if (context > 0 && context != model->config().text.context_length) {
    model = models::tuning::with_context_length(*model, context);
  }
  // Weights that somebody trained bring the scale that goes with them.
  if (starts_from_drawn_weights(options)) {
    const torch::NoGradGuard no_grad;
    model->logit_scale().fill_(std::log(objective.scale.start));
  }
  model->train();
  model->to(tensor::open_device(options.device));
  log_info("model: " + options.model +
           (options.text_model.empty() ? "" : " with the text tower " + options.text_model) + ", " +
           with_commas(model->table().parameter_count()) + " parameters");
  if (!model->config().vision.resnet_layers.empty() && options.accum_freq > 1) {
    log_warning("the image tower normalises by the batch: with --accum-freq " +
                std::to_string(options.accum_freq) + " that is " +
                std::to_string(options.batch_size) + " pictures at a time and not the " +
                std::to_string(options.batch_size * options.accum_freq) +
                " of a step, so a step is not exactly that of one large batch. Every pair is still "
                "a negative of every other. A larger --batch-size comes closer.");
  }
  return model;
}

std::string digest_of_given_weights(const options::TrainOptions& options,
                                    const models::Clip& model) {
  return starts_from_drawn_weights(options) && options.text_model.empty()
             ? ""
             : models::weights_digest(model);
}

void join_objective(const options::TrainOptions& options, losses::Objective& objective,
                    models::Clip& model) {
  objective.train();
  objective.to(model.logit_scale().device());
  if (const tensor::ParameterTable& own = objective.table(); !own.empty()) {
    log_info("objective: " + with_commas(own.parameter_count()) +
             " parameters of its own, which stay in the checkpoints and are not part of the model");
  }
  tuning::lock_towers(options, model);
  tuning::adapt_towers(options, objective, model);
  freeze_untrained(model, objective);
  tuning::require_trained_terms(objective, model);
}

tensor::ParameterTable model_parameters(const models::Clip& model) {
  tensor::ParameterTable table = model.table();
  table.append(model.adapters().table());
  return table;
}

optim::AdamW build_optimizer(const options::TrainOptions& options, const std::string& decay_rule,
                             const models::Clip& model, const losses::Objective& objective) {
  tensor::ParameterTable table = model_parameters(model);
  table.append(objective.table());
  optim::AdamW optimizer(table, {.beta1 = options.beta1,
                                 .beta2 = options.beta2,
                                 .eps = options.eps,
                                 .weight_decay = options.wd,
                                 .decay_rule = optim::parse_decay_rule(decay_rule),
                                 .rate_factors = tuning::layer_rates(options, model)});
  log_info("optimiser: AdamW, decay " + Json(options.wd).dump() + " on " +
           std::to_string(optimizer.decaying()) + " of " +
           std::to_string(optimizer.parameters().size()) + " tensors");
  return optimizer;
}

data::loader::LoaderOptions loader_options(const options::TrainOptions& filled,
                                           const options::ResolvedObjective& objective,
                                           const models::Clip& model, const options::Plan& plan) {
  data::loader::LoaderOptions loader;
  loader.batch_size = plan.global_batch;  // --accum-freq does not change what a step sees
  loader.micro_batch = filled.batch_size;
  loader.memory = static_cast<size_t>(filled.loader_memory) << 20;
  loader.seed = filled.seed;
  loader.workers = filled.workers;
  loader.shuffle = filled.shuffle;
  loader.image_size = model.config().vision.image_size;
  const Preprocessing& own = model.config().preprocess;
  loader.recipe = options::training_recipe(own, filled.augment);
  loader.views = options::training_views(own, filled.augment, filled.views);
  loader.evaluation_views = static_cast<int>(filled.views.size());
  loader.texts = options::text_slots(objective);
  loader.all_rewrites = objective.caption_policy == "all";
  loader.masking.mask = model.config().text.words();
  loader.thesaurus = open_thesaurus(loader.texts);
  if (model.config().text.pretrained) loader.tokenizer = model.config().text.pretrained->tokenizer;
  loader.context_length = model.config().text.context_length;
  loader.max_bad_share = filled.max_bad_share;
  return loader;
}

}  // namespace clipwright::train::loop
