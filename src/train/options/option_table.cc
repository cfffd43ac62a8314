#include "train/options/option_table.h"

#include "core/error.h"
#include "core/preprocessing.h"
#include "core/words.h"
#include "data/captions/caption_policy.h"
#include "data/captions/keep_condition.h"
#include "data/source/source_kind.h"
#include "optim/schedule.h"

namespace clipwright::train::options {
namespace {

constexpr OptionRange kCount = {.least = 0, .expected = "0 or more"};
constexpr OptionRange kOneOrMore = {.least = 1, .expected = "at least 1"};
constexpr OptionRange kNotNegative = {.least = 0, .expected = "0 or more"};
constexpr OptionRange kPositive = {.least = 0, .above_least = true, .expected = "above 0"};
constexpr OptionRange kShare = {.least = 0, .most = 1, .expected = "a share from 0 to 1"};
constexpr OptionRange kDecay = {
    .least = 0, .most = 1, .above_least = true, .expected = "above 0, at most 1"};
constexpr OptionRange kMomentum = {
    .least = 0, .most = 1, .below_most = true, .expected = "from 0 to below 1"};

void check_policy(const std::string& text) { data::captions::parse_caption_policy(text); }
void check_keep_if(const std::string& text) { data::captions::KeepCondition::parse(text); }
void check_schedule(const std::string& text) { optim::parse_schedule(text); }
void check_warmup(const std::string& text) { warmup_steps(text, 1, 1); }
void check_augment(const std::string& text) {
  if (text != "none" && text != "model") find_recipe(text);
}
void check_name(const std::string& text) {
  if (text.find('/') == std::string::npos && text != "." && text != "..") return;
  fail_usage("--name '" + text + "' is a path", "a plain name; --logs says in which folder");
}

const std::string& dataset_type_help() {
  static const std::string help =
      listed(data::source::dataset_types(), " or ") + "; auto goes by name and content";
  return help;
}

std::vector<RunOption> make_table() {
  using O = TrainOptions;
  using enum OptionRole;
  return {
      {.name = "train-data",
       .section = "data",
       .field = &O::train_data,
       .value = "SRC",
       .help = "tars ({0000..0099} braces, :: joins), CSV or TSV, JSONL, Parquet, or a folder of "
               "pictures",
       .role = kData,
       .required = true},
      {.name = "val-data",
       .section = "data",
       .field = &O::val_data,
       .value = "SRC",
       .help = "held-out pairs; their loss is computed after each epoch"},
      {.name = "hold-out",
       .section = "data",
       .field = &O::hold_out,
       .value = "SHARE",
       .help =
           "without --val-data: this share of the pairs is not trained on and validates instead, "
           "chosen by key and seed; pairs of one picture stay together",
       .role = kData,
       .range = kMomentum},
      {.name = "dataset-type",
       .section = "data",
       .field = &O::dataset_type,
       .value = "TYPE",
       .help = dataset_type_help(),
       .role = kData},
      {.name = "csv-separator",
       .section = "data",
       .field = &O::csv_separator,
       .value = "CHAR",
       .help =
           "between the columns of a CSV with a header (default: of comma, tab, ; and | the one "
           "that finds the columns)",
       .role = kData,
       .shows_default = false},
      {.name = "csv-img-key",
       .section = "data",
       .field = &O::csv_img_key,
       .value = "NAME",
       .help = "column of image paths, \"#1\" without a header; filepath stands for any usual name",
       .role = kData},
      {.name = "csv-caption-key",
       .section = "data",
       .field = &O::csv_caption_key,
       .value = "NAME",
       .help = "column of captions, \"#2\" without a header; title stands for any usual name",
       .role = kData},
      {.name = "image-root",
       .section = "data",
       .field = &O::image_root,
       .value = "DIR",
       .help = "folder that relative image paths start from (default: the table's)",
       .role = kData},
      {.name = "train-num-samples",
       .section = "data",
       .field = &O::train_num_samples,
       .value = "N",
       .help = "pairs that count as one epoch (0: all)",
       .role = kPlan,
       .range = kCount},
      {.name = "rewrites",
       .section = "captions",
       .field = &O::rewrites,
       .value = "PATH",
       .help = "rewritten captions: line-aligned .txt files, .jsonl of 'clipwright rewrite' or "
               "its folder, .parquet",
       .role = kData},
      {.name = "keep-if",
       .section = "captions",
       .field = &O::keep_if,
       .value = "CONDITION",
       .help = "use only rewrites that meet this, e.g. 'audit.score >= 0.6'",
       .role = kValue,
       .check = check_keep_if},
      {.name = "caption-policy",
       .section = "captions",
       .field = &O::caption_policy,
       .value = "POLICY",
       .help = "original | uniform: one text drawn a step | all: every text at once (default: the "
               "objective's)",
       .role = kValue,
       .choices = {"original", "uniform", "all"},
       .check = check_policy},
      {.name = "augment",
       .section = "data",
       .field = &O::augment,
       .value = "RECIPE",
       .help = "none: evaluation transform | openai, laclip, declip, imagenet: that recipe's "
               "random crop | model: that of the model's own recipe (default)",
       .role = kValue,
       .check = check_augment},
      {.name = "shuffle",
       .section = "data",
       .field = &O::shuffle,
       .value = "ON|OFF",
       .help = "on | off: pairs in another order each epoch",
       .role = kValue},
      {.name = "workers",
       .section = "data",
       .field = &O::workers,
       .value = "N",
       .help = "threads that decode pictures; any number gives the same batches",
       .range = kOneOrMore},
      {.name = "loader-memory",
       .section = "data",
       .field = &O::loader_memory,
       .value = "MIB",
       .help = "MiB of micro-batches decoded ahead of the step; two always fit. The validation set "
               "holds as much again while its loss is computed",
       .range = kOneOrMore},
      {.name = "max-bad-share",
       .section = "data",
       .field = &O::max_bad_share,
       .value = "SHARE",
       .help = "share of unusable samples that stops the run (exit code 3)",
       .role = kValue,
       .range = kShare},

      {.name = "model",
       .section = "model",
       .field = &O::model,
       .value = "MODEL",
       .help =
           "architecture (ViT-B-32, laclip-ViT-B-16, tiny-32, ...; with +text-bias or "
           "+declip-tokens behind it the text tower is as DeCLIP's; NAME.json) or a model to start "
           "from: a folder, or a file of weights",
       .role = kModel},
      {.name = "pretrained",
       .section = "model",
       .field = &O::pretrained,
       .value = "MODEL",
       .help = "folder or file of weights that an architecture starts from",
       .role = kModel},
      {.name = "model-config",
       .section = "model",
       .field = &O::model_config,
       .value = "NAME|FILE.json",
       .help = "of a file of weights in --pretrained, or else --model: what the model is, an "
               "architecture or an open_clip configuration, where names and shapes do not tell",
       .role = kModel},
      {.name = "names",
       .section = "model",
       .field = &O::names,
       .value = "FILE.toml",
       .help = "of the same file: what its tensors are called here (docs/formats/model_files.md)",
       .role = kModel},
      {.name = "text-model",
       .section = "model",
       .field = &O::text_model,
       .value = "DIR|all-MiniLM-L6-v2",
       .help = "sentence encoder (BERT's or RoBERTa's folder of Hugging Face's) as the text tower, "
               "in the place of the model's own, with a projection behind it",
       .role = kModel},
      {.name = "objective",
       .section = "objective",
       .field = &O::objective,
       .value = "PRESET",
       .help =
           "clip | laclip | laclip-mt | slip | laslip | filip | lafilip | declip | declip-paper | "
           "defilip | ladeclip | ladefilip | siglip (`clipwright objective list`)",
       .role = kValue},
      {.name = "term",
       .section = "objective",
       .field = &O::terms,
       .value = "NAME=WEIGHT",
       .help = "weight of a term, replacing or adding to the preset's",
       .role = kValue,
       .splits = true},
      {.name = "term-option",
       .section = "objective",
       .field = &O::term_options,
       .value = "NAME.OPTION=VALUE",
       .help = "setting of a term, such as simclr.temperature=0.2 (`clipwright objective show "
               "NAME` lists them)",
       .role = kValue,
       .splits = true},
      {.name = "views",
       .section = "objective",
       .field = &O::views,
       .value = "RECIPE",
       .help = "how each view of a picture is drawn: base (--augment), mocov2, slip, or a crop's "
               "name; terms of self-supervision compare the last two, others read the first "
               "(default: the objective's)",
       .role = kValue,
       .splits = true},
      {.name = "texts",
       .section = "objective",
       .field = &O::texts,
       .value = "SLOT",
       .help = "the texts of a step: caption (by --caption-policy), original, eda, sentence, "
               "rewrite, rewrite:MODE; +masked behind one hides words, +both-sides lets words see "
               "the whole text (default: the objective's)",
       .role = kValue,
       .splits = true},
      {.name = "logit-scale-start",
       .section = "objective",
       .field = &O::logit_scale_start,
       .value = "SCALE",
       .help =
           "scale of the similarities that drawn weights start with (0: as the objective has it)",
       .role = kValue,
       .range = kNotNegative},
      {.name = "logit-scale-min",
       .section = "objective",
       .field = &O::logit_scale_min,
       .value = "SCALE",
       .help = "the learned scale is held above this (0: as the objective has it)",
       .role = kValue,
       .range = kNotNegative},
      {.name = "logit-scale-max",
       .section = "objective",
       .field = &O::logit_scale_max,
       .value = "SCALE",
       .help = "the learned scale is held below this (0: as the objective has it)",
       .role = kValue,
       .range = kNotNegative},
      {.name = "freeze-patch-embedding",
       .section = "objective",
       .field = &O::freeze_patch_embedding,
       .value = "on|off|auto",
       .help = "the image tower's patch embedding keeps its first values (auto: as the objective "
               "has it)",
       .role = kValue,
       .choices = {"on", "off", "auto"}},
      {.name = "multi-text-constant",
       .section = "objective",
       .field = &O::multi_text_constant,
       .value = "paper|mean",
       .help = "laclip-mt's image side is divided by M (paper) or M + 1 (mean)",
       .role = kValue,
       .choices = {"paper", "mean"}},

      {.name = "lock-image",
       .section = "tuning",
       .field = &O::lock_image,
       .value = "",
       .help =
           "the image tower stays as it is (LiT): about half the time and memory of a step, and "
           "what it knows is kept; it learns nothing of new kinds of pictures",
       .role = kValue},
      {.name = "lock-image-unlocked-groups",
       .section = "tuning",
       .field = &O::lock_image_unlocked_groups,
       .value = "N",
       .help =
           "with --lock-image: train the last N groups all the same (1: the projection, 2: and "
           "the last block, ...; of a ResNet 1: the attention pool, 2: and the last stage; of a "
           "timm tower, whose projection is never locked, 1: the last block)",
       .role = kValue,
       .range = kCount},
      {.name = "lock-image-freeze-bn-stats",
       .section = "tuning",
       .field = &O::lock_image_freeze_bn_stats,
       .value = "",
       .help =
           "with --lock-image: a locked ResNet normalises by its running statistics, which stay",
       .role = kValue},
      {.name = "lock-text",
       .section = "tuning",
       .field = &O::lock_text,
       .value = "",
       .help = "the text tower stays as it is: a third of a step's time less, and prompts of other "
               "data keep their features",
       .role = kValue},
      {.name = "lock-text-unlocked-layers",
       .section = "tuning",
       .field = &O::lock_text_unlocked_layers,
       .value = "N",
       .help = "with --lock-text: train the last N groups all the same (1: the projection, 2: and "
               "the last block, ...)",
       .role = kValue,
       .range = kCount},
      {.name = "image-layer-decay",
       .section = "tuning",
       .field = &O::image_layer_decay,
       .value = "X",
       .help =
           "each group of the image tower learns at X times the rate of the one behind it "
           "(0.65 to 0.9 is usual): what general features are is kept, at no cost; 1: all alike",
       .role = kValue,
       .range = kDecay},
      {.name = "text-layer-decay",
       .section = "tuning",
       .field = &O::text_layer_decay,
       .value = "X",
       .help = "the same of the text tower",
       .role = kValue,
       .range = kDecay},
      {.name = "lora-rank",
       .section = "tuning",
       .field = &O::lora_rank,
       .value = "R",
       .help =
           "LoRA: the model stays, and products of matrices of rank R beside its own are learned "
           "(4 to 32; 0: no): a hundredth of the optimiser's memory, and little is forgotten; "
           "model/ has them merged in. Towers that are locked get none",
       .role = kValue,
       .range = kCount},
      {.name = "lora-alpha",
       .section = "tuning",
       .field = &O::lora_alpha,
       .value = "X",
       .help = "their product counts X / R times (0: twice the rank)",
       .role = kValue,
       .range = kNotNegative,
       .shows_default = false},
      {.name = "lora-targets",
       .section = "tuning",
       .field = &O::lora_targets,
       .value = "NAME",
       .help = "which matrices: q, k, v, o of attention, mlp (default: all; fewer cost less and "
               "learn less)",
       .role = kValue,
       .splits = true},
      {.name = "cache-features",
       .section = "tuning",
       .field = &O::cache_features,
       .value = "DIR",
       .help =
           "keep what a tower gives that is locked as a whole, so that it runs in the first epoch "
           "alone (an image tower needs --augment none); costs 4 bytes a number on disk and in "
           "memory"},
      {.name = "force-patch-dropout",
       .section = "tuning",
       .field = &O::force_patch_dropout,
       .value = "SHARE",
       .help =
           "leave this share of a picture's patches out of each training step: 0.5 about halves "
           "the image tower's time, at some accuracy; never in evaluation",
       .role = kValue,
       .range = kMomentum},
      {.name = "context-length",
       .section = "tuning",
       .field = &O::context_length,
       .value = "N",
       .help = "texts of up to N tokens, beyond the model's 77: positions behind the first 20 are "
               "interpolated as Long-CLIP does (0: as the model has it); long texts cost as they "
               "are long",
       .role = kModel,
       .range = kCount},
      {.name = "ema",
       .section = "tuning",
       .field = &O::ema,
       .value = "DECAY",
       .help = "average the weights over about 1 / (1 - DECAY) steps, e.g. 0.99: validation, "
               "checkpoints as models and model/ have the average (0: no); costs the weights' "
               "memory once more",
       .role = kValue,
       .range = kMomentum},

      {.name = "batch-size",
       .section = "optim",
       .field = &O::batch_size,
       .value = "N",
       .help = "pairs that go through the towers at once",
       .role = kValue,
       .range = kOneOrMore},
      {.name = "accum-freq",
       .section = "optim",
       .field = &O::accum_freq,
       .value = "N",
       .help = "micro-batches a step; all their pairs are each other's negatives, gradients are "
               "exact but for a ResNet's batch norm, which sees a micro-batch at a time",
       .role = kValue,
       .range = kOneOrMore},
      {.name = "epochs",
       .section = "optim",
       .field = &O::epochs,
       .value = "N",
       .help = "passes over the data",
       .role = kPlan,
       .range = kCount},
      {.name = "steps",
       .section = "optim",
       .field = &O::steps,
       .value = "N",
       .help = "length of the run in steps, instead of --epochs",
       .role = kPlan,
       .range = {.least = 0, .expected = "0 (go by --epochs) or more"},
       .shows_default = false},
      {.name = "lr",
       .section = "optim",
       .field = &O::lr,
       .value = "X",
       .help = "highest learning rate",
       .role = kValue,
       .range = kNotNegative},
      {.name = "beta1",
       .section = "optim",
       .field = &O::beta1,
       .value = "X",
       .help = "AdamW",
       .role = kValue,
       .range = kMomentum},
      {.name = "beta2",
       .section = "optim",
       .field = &O::beta2,
       .value = "X",
       .help = "AdamW",
       .role = kValue,
       .range = kMomentum},
      {.name = "eps",
       .section = "optim",
       .field = &O::eps,
       .value = "X",
       .help = "AdamW",
       .role = kValue,
       .range = kPositive},
      {.name = "wd",
       .section = "optim",
       .field = &O::wd,
       .value = "X",
       .help = "weight decay, not on biases, norms and the scale",
       .role = kValue,
       .range = kNotNegative},
      {.name = "warmup",
       .section = "optim",
       .field = &O::warmup,
       .value = "N",
       .help = "steps, \"1 epoch\", or auto: 10,000 steps or a tenth of the run if that is less",
       .role = kPlan,
       .check = check_warmup},
      {.name = "lr-scheduler",
       .section = "optim",
       .field = &O::lr_scheduler,
       .value = "NAME",
       .help = "after the warm-up: cosine to 0 | const | laclip: from 1e-6 up, cosine to 1e-5",
       .role = kValue,
       .choices = {"cosine", "const", "laclip"},
       .check = check_schedule},
      {.name = "decay-rule",
       .section = "optim",
       .field = &O::decay_rule,
       .value = "NAME",
       .help = "open_clip | laclip | declip: which tensors decay (default: the objective's)",
       .role = kValue,
       .choices = {"open_clip", "laclip", "declip"}},
      {.name = "grad-clip-norm",
       .section = "optim",
       .field = &O::grad_clip_norm,
       .value = "X",
       .help = "scale gradients down to this global norm (0: never)",
       .role = kValue,
       .range = kNotNegative},

      // Device and threads decide how sums are rounded; a checkpoint names them apart, and another
      // machine is a warning.
      {.name = "device",
       .section = "machine",
       .field = &O::device,
       .value = "DEVICE",
       .help = "cpu | cuda | cuda:N"},
      {.name = "precision",
       .section = "machine",
       .field = &O::precision,
       .value = "NAME",
       .help = "fp32; on CUDA also amp_bf16 (bf16 is the same: weights stay in fp32)",
       .role = kValue,
       .choices = {"fp32", "amp_bf16", "bf16"}},
      {.name = "threads",
       .section = "machine",
       .field = &O::threads,
       .value = "N",
       .help = "of the tensor library (0: all cores); equal numbers give equal bits",
       .range = kCount},
      {.name = "seed",
       .section = "machine",
       .field = &O::seed,
       .value = "N",
       .help = "of weights, order, crops and caption draws",
       .role = kValue},

      {.name = "logs",
       .section = "run",
       .field = &O::logs,
       .value = "DIR",
       .help = "folder of all runs"},
      {.name = "name",
       .section = "run",
       .field = &O::name,
       .value = "NAME",
       .help = "the run is written to LOGS/NAME (default: date, model, objective)",
       .check = check_name},
      {.name = "resume",
       .section = "run",
       .field = &O::resume,
       .value = "latest|PATH",
       .help = "latest, or a checkpoint folder; goes on in the middle of an epoch, bit for bit",
       .role = kSession},
      {.name = "allow-changes",
       .section = "run",
       .field = &O::allow_changes,
       .value = "",
       .help = "resume although settings or data differ from the checkpoint's",
       .role = kSession},
      {.name = "eval",
       .section = "run",
       .field = &O::eval,
       .value = "SUITE",
       .help = "evaluate checkpoints on this suite while the run goes on, in a process of its own "
               "(docs/evaluation/training.md)"},
      {.name = "eval-every",
       .section = "run",
       .field = &O::eval_every,
       .value = "N",
       .help = "checkpoint and evaluate it every N steps (0: only after the last)",
       .range = kCount},
      {.name = "eval-data-root",
       .section = "run",
       .field = &O::eval_data_root,
       .value = "DIR",
       .help = "folder that holds the sets of --eval"},
      {.name = "save-every-steps",
       .section = "run",
       .field = &O::save_every_steps,
       .value = "N",
       .help = "checkpoint every N steps as well (0: no)",
       .range = kCount},
      {.name = "save-frequency",
       .section = "run",
       .field = &O::save_frequency,
       .value = "N",
       .help = "checkpoint every N epochs (0: no)",
       .range = kCount},
      {.name = "early-stop-patience",
       .section = "run",
       .field = &O::early_stop_patience,
       .value = "N",
       .help =
           "end the run when the validation loss has not fallen for N epochs; model/ is then the "
           "checkpoint where it was lowest (0: the last step; needs --val-data)",
       .range = kCount},
      {.name = "keep-checkpoints",
       .section = "run",
       .field = &O::keep_checkpoints,
       .value = "N",
       .help = "newest checkpoints that are kept (0: all)",
       .range = kCount},
      {.name = "log-every-n-steps",
       .section = "run",
       .field = &O::log_every_n_steps,
       .value = "N",
       .help = "steps between plain status lines",
       .range = kOneOrMore},
      {.name = "paired-baseline",
       .section = "run",
       .field = &O::paired_baseline,
       .value = "",
       .help = "afterwards the same run with the original captions, same seed, pictures and "
               "crops, into NAME-baseline"},
  };
}

struct ToJson {
  const RunOption& option;
  const TrainOptions& options;

  Json operator()(bool TrainOptions::*field) const {
    if (option.value.empty()) return options.*field;
    return options.*field ? "on" : "off";
  }
  Json operator()(std::vector<std::pair<std::string, double>> TrainOptions::*field) const {
    Json list = Json::array();
    for (const auto& [name, weight] : options.*field)
      list.push_back(name + "=" + Json(weight).dump());
    return list;
  }
  template <typename Value>
  Json operator()(Value TrainOptions::*field) const {
    return options.*field;
  }
};

}  // namespace

std::span<const RunOption> run_options() {
  static const std::vector<RunOption> table = make_table();
  return table;
}

std::span<const OptionSection> option_sections() {
  static constexpr OptionSection kSections[] = {{"data", "Data"},
                                                {"captions", "Data"},
                                                {"model", "Model and objective"},
                                                {"objective", "Model and objective"},
                                                {"tuning", "Fine-tuning"},
                                                {"optim", "Optimiser"},
                                                {"machine", "Machine"},
                                                {"run", "Run folder"}};
  return kSections;
}

Json option_value(const RunOption& option, const TrainOptions& options) {
  return std::visit(ToJson{option, options}, option.field);
}

}  // namespace clipwright::train::options
