// Everything a training run can be told. What each field is called, may be and does to a resumed
// run stands in train/options/option_table.h.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "models/model_argument.h"

namespace clipwright::train::options {

/// What one optimiser step did: a row of metrics.jsonl and the material of the status line.
struct StepReport {
  int64_t step = 0, total_steps = 0;  ///< steps done, the first one counts 1
  double epoch = 0;                   ///< passes over the data so far, with fraction
  int64_t samples = 0;                ///< pairs seen so far
  double loss = 0;
  std::vector<std::pair<std::string, double>> terms;   ///< each term of the objective, unweighted
  std::vector<std::pair<std::string, double>> shares;  ///< of the gradient, where terms are several
  std::vector<std::pair<std::string, double>> readings;  ///< what terms say of themselves
  double logit_scale = 0;                                ///< the exponential, as the loss used it
  double lr = 0;
  double grad_norm = 0;      ///< global, before clipping
  double samples_per_s = 0;  ///< of this step
  double data_wait = 0;      ///< share of this step's time spent waiting for the loader, 0..1
  int64_t skipped = 0;       ///< samples that could not be used so far
  double loss_z = 0;         ///< this loss in standard deviations from its running mean
  double seconds_left = 0;
  double val_loss = 0;  ///< of `val_data`; NaN on steps that did not evaluate
};

struct TrainOptions {
  // Data
  std::string train_data;  ///< tars, CSV/TSV, JSONL, Parquet or a folder (data/source/dataset.h)
  std::string val_data;    ///< pairs whose loss is computed after each epoch; empty: none
  double hold_out = 0;     ///< share of the pairs that is kept back for that; 0: none
  std::string dataset_type = "auto";
  std::string csv_separator = "\t", csv_img_key = "filepath", csv_caption_key = "title";
  std::string image_root;             ///< prefix of relative image paths in a table
  int64_t train_num_samples = 0;      ///< pairs that count as one epoch; 0: all of them
  std::vector<std::string> rewrites;  ///< line-aligned .txt, .jsonl or .parquet
  std::string keep_if;                ///< condition on rewrites, "audit.score >= 0.6"
  std::string caption_policy;         ///< original | uniform | all; empty: as the objective needs
  std::string
      augment;  ///< none or a recipe's name; empty: the random crop of the model's own recipe
  bool shuffle = true;
  int workers = 2;
  int64_t loader_memory = 512;  ///< MiB of micro-batches decoded ahead; two always fit
  double max_bad_share = 0.05;  ///< a larger share of unusable samples stops the run (exit code 3)

  // Model and objective
  std::string model = "ViT-B-32";  ///< architecture, or weights to start from
  std::string pretrained;          ///< weights to start from when `model` is an architecture
  /// Of the file of weights that `pretrained` is, or `model` where there is no `pretrained`: what
  /// model it is of, and what its tensors are called here.
  std::string model_config, names;
  std::string text_model;          ///< sentence encoder in the place of the model's text tower
  std::string objective = "clip";  ///< preset
  std::vector<std::pair<std::string, double>>
      terms;  ///< replace the preset's weights of the same name, add others
  std::vector<std::string> term_options;  ///< "NAME.OPTION=VALUE", over the preset's
  std::vector<std::string> views;  ///< a recipe for each view of a picture; empty: the preset's
  std::vector<std::string> texts;  ///< the text slots; empty: the preset's
  std::string multi_text_constant = "paper";  ///< paper: 1/M as published; mean: 1/(M + 1)
  /// Of the similarities' scale: where it starts (of drawn weights) and what holds it after each
  /// step; 0: as the preset has it.
  double logit_scale_start = 0, logit_scale_min = 0, logit_scale_max = 0;
  std::string freeze_patch_embedding = "auto";  ///< on | off | auto: as the preset has it

  // Fine-tuning
  bool lock_image = false, lock_text = false;  ///< towers that stay as they are
  int64_t lock_image_unlocked_groups = 0, lock_text_unlocked_layers = 0;  ///< but for the last ones
  double image_layer_decay = 1, text_layer_decay = 1;  ///< of rates, a group nearer to the input
  int64_t lora_rank = 0;  ///< of matrices beside those of the towers, which stay; 0: no LoRA
  double lora_alpha = 0;  ///< their product is scaled by alpha / rank; 0: twice the rank
  std::vector<std::string> lora_targets;  ///< q, k, v, o, mlp; empty: all
  double force_patch_dropout = 0;         ///< share of patches that a step leaves out
  int64_t context_length = 0;             ///< tokens of a text; 0: as the model has it
  std::string cache_features;  ///< folder for what a locked tower gives; empty: computed every time
  double ema = 0;  ///< decay of the averaged weights that are evaluated and exported; 0: none
  bool lock_image_freeze_bn_stats = false;  ///< running statistics of what is locked stay as well

  // Optimiser
  int64_t batch_size = 64;  ///< pairs that go through the towers at once
  int64_t accum_freq =
      1;  ///< micro-batches a step; all batch_size * accum_freq pairs are each other's negatives
  int64_t epochs = 32;
  int64_t steps = 0;  ///< when positive, the length of the run instead of `epochs`
  double lr = 5e-4, beta1 = 0.9, beta2 = 0.98, eps = 1e-6, wd = 0.2;
  std::string warmup = "auto";  ///< "2000" steps, "1 epoch", or auto: 10,000 steps or a tenth of
                                ///< the run if that is less
  std::string lr_scheduler = "cosine";  ///< cosine | const | laclip
  std::string decay_rule;               ///< open_clip | laclip | declip; empty: by the preset
  double grad_clip_norm = 0;            ///< 0: no clipping

  // Machine
  std::string precision = "fp32";  ///< fp32; amp_bf16 and bf16 on CUDA
  std::string device = "cpu";      ///< cpu | cuda | cuda:N
  int threads = 0;                 ///< of the tensor library; 0: all cores this process may use
  uint64_t seed = 0;

  // Run folder
  std::string logs = "logs",
              name;              ///< writes LOGS/NAME; an empty name becomes date-model-objective
  std::string resume;            ///< latest, or a checkpoint folder
  bool allow_changes = false;    ///< resume although settings differ from the checkpoint's
  std::string eval;              ///< suite that checkpoints are evaluated on; empty: none
  std::string eval_data_root;    ///< folder of its sets
  int64_t eval_every = 0;        ///< steps; 0: only after the last
  int64_t save_every_steps = 0;  ///< 0: only by epoch and at the end
  int64_t save_frequency = 1;    ///< checkpoints every so many epochs; 0: never by epoch
  int64_t early_stop_patience = 0;  ///< validations without a better loss that end the run; 0: none
  int64_t keep_checkpoints = 3;     ///< older ones are deleted; 0: keep all
  int64_t log_every_n_steps = 100;
  bool paired_baseline =
      false;  ///< afterwards the same run with original captions into NAME-baseline

  // Callers inside the program
  bool show_status = true;  ///< off: no status line (the caller shows its own)
  std::function<void(const StepReport&)> on_step =
      {};  ///< called after every step, in the training thread
};

/// The model that is trained, and the one whose weights it starts from; empty: none.
models::ModelArgument trained_model(const TrainOptions& options);
models::ModelArgument starting_weights(const TrainOptions& options);

/// Throws Error(kUsage) for values that cannot work, before anything is opened or written.
void check_options(const TrainOptions& options);

/// "NAME=WEIGHT" of --term. Throws Error(kUsage).
std::pair<std::string, double> parse_term(std::string_view text);

/// "NAME.OPTION=VALUE" of --term-option.
struct TermOptionText {
  std::string term, option, value;
};
/// Throws Error(kUsage).
TermOptionText parse_term_option(std::string_view text);

/// Steps of a warm-up given as "2000", "1 epoch", "0.5 epochs" or "auto". Throws Error(kUsage).
int64_t warmup_steps(const std::string& warmup, int64_t steps_per_epoch, int64_t total_steps);

/// The settings under their flags' names, in sections, as config.toml has them.
Json describe_options(const TrainOptions& options);
/// config.toml of a run: `clipwright train --config` reads it back to the same options.
std::string options_to_toml(const TrainOptions& options);

}  // namespace clipwright::train::options
