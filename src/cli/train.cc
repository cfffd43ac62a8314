#include <cstdio>

#include "cli/commands.h"
#include "train/loop/trainer.h"

namespace clipwright::cli {
namespace {

struct Flags {
  train::options::TrainOptions options;
  std::vector<std::string> terms;
};

void add_data_flags(CLI::App& command, train::options::TrainOptions& o) {
  command.option_defaults()->group("Data");
  command
      .add_option("--train-data", o.train_data,
                  "tars ({0000..0099} braces, :: joins), CSV or TSV, JSONL, Parquet, or a folder "
                  "of pictures")
      ->type_name("SRC")
      ->required();
  command
      .add_option("--val-data", o.val_data,
                  "held-out pairs; their loss is computed after each epoch")
      ->type_name("SRC");
  command
      .add_option("--dataset-type", o.dataset_type,
                  "webdataset | csv | laclip-csv | jsonl | parquet | folder | auto: by the name")
      ->capture_default_str()
      ->type_name("TYPE");
  command
      .add_option("--csv-separator", o.csv_separator,
                  "between the columns of a CSV (default: a tab)")
      ->type_name("CHAR");
  command.add_option("--csv-img-key", o.csv_img_key, "column of image paths")
      ->capture_default_str()
      ->type_name("NAME");
  command.add_option("--csv-caption-key", o.csv_caption_key, "column of captions")
      ->capture_default_str()
      ->type_name("NAME");
  command
      .add_option("--image-root", o.image_root,
                  "folder that relative image paths start from (default: the table's)")
      ->type_name("DIR");
  command
      .add_option("--train-num-samples", o.train_num_samples,
                  "pairs that count as one epoch (0: all)")
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option(
          "--rewrites", o.rewrites,
          "rewritten captions: line-aligned .txt files, .jsonl of 'clipwright rewrite', .parquet")
      ->expected(1, -1)
      ->type_name("PATH");
  command
      .add_option("--keep-if", o.keep_if,
                  "use only rewrites that meet this, e.g. 'audit.score >= 0.6'")
      ->type_name("CONDITION");
  command
      .add_option("--caption-policy", o.caption_policy,
                  "original | uniform: one text drawn a step | all: every text at once (default: "
                  "the objective's)")
      ->type_name("POLICY");
  command
      .add_option("--augment", o.augment,
                  "none: evaluation transform | openai, laclip, declip, imagenet: that recipe's "
                  "random crop (default: the model's)")
      ->type_name("RECIPE");
  command.add_option("--shuffle", o.shuffle, "on | off: pairs in another order each epoch")
      ->default_str("on")
      ->check(CLI::IsMember({"on", "off", "true", "false"}))
      ->type_name("ON|OFF");
  command
      .add_option("--workers", o.workers,
                  "threads that decode pictures; any number gives the same batches")
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option("--max-bad-share", o.max_bad_share,
                  "share of unusable samples that stops the run (exit code 3)")
      ->capture_default_str()
      ->type_name("SHARE");
}

void add_model_flags(CLI::App& command, Flags& flags) {
  train::options::TrainOptions& o = flags.options;
  command.option_defaults()->group("Model and objective");
  command
      .add_option("--model", o.model,
                  "architecture (ViT-B-32, laclip-ViT-B-16, tiny-32, ...) or a model's folder to "
                  "start from")
      ->capture_default_str()
      ->type_name("MODEL");
  command
      .add_option("--pretrained", o.pretrained,
                  "model folder whose weights an architecture starts from")
      ->type_name("DIR");
  command.add_option("--objective", o.objective, "clip | laclip | laclip-mt")
      ->capture_default_str()
      ->type_name("PRESET");
  command
      .add_option("--term", flags.terms, "weight of a term, replacing or adding to the preset's")
      ->expected(1, -1)
      ->type_name("NAME=WEIGHT");
  command
      .add_option("--multi-text-constant", o.multi_text_constant,
                  "laclip-mt's image side is divided by M (paper) or M + 1 (mean)")
      ->capture_default_str()
      ->type_name("paper|mean");
}

void add_optimiser_flags(CLI::App& command, train::options::TrainOptions& o) {
  command.option_defaults()->group("Optimiser");
  command.add_option("--batch-size", o.batch_size, "pairs that go through the towers at once")
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option(
          "--accum-freq", o.accum_freq,
          "micro-batches a step; all their pairs are each other's negatives, gradients are exact")
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--epochs", o.epochs, "passes over the data")
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--steps", o.steps, "length of the run in steps, instead of --epochs")
      ->type_name("N");
  command.add_option("--lr", o.lr, "highest learning rate")->capture_default_str()->type_name("X");
  command.add_option("--beta1", o.beta1, "AdamW")->capture_default_str()->type_name("X");
  command.add_option("--beta2", o.beta2, "AdamW")->capture_default_str()->type_name("X");
  command.add_option("--eps", o.eps, "AdamW")->capture_default_str()->type_name("X");
  command.add_option("--wd", o.wd, "weight decay, not on biases, norms and the scale")
      ->capture_default_str()
      ->type_name("X");
  command
      .add_option("--warmup", o.warmup,
                  "steps, \"1 epoch\", or auto: 10,000 steps or a tenth of the run if that is less")
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option("--lr-scheduler", o.lr_scheduler,
                  "after the warm-up: cosine to 0 | const | laclip: from 1e-6 up, cosine to 1e-5")
      ->capture_default_str()
      ->type_name("NAME");
  command
      .add_option("--decay-rule", o.decay_rule,
                  "open_clip | laclip: which tensors decay (default: the objective's)")
      ->type_name("NAME");
  command
      .add_option("--grad-clip-norm", o.grad_clip_norm,
                  "scale gradients down to this global norm (0: never)")
      ->capture_default_str()
      ->type_name("X");
}

void add_machine_flags(CLI::App& command, train::options::TrainOptions& o) {
  command.option_defaults()->group("Machine");
  command.add_option("--device", o.device, "cpu | cuda | cuda:N")
      ->capture_default_str()
      ->type_name("DEVICE");
  command
      .add_option("--precision", o.precision,
                  "fp32; on CUDA also amp_bf16 (bf16 is the same: weights stay in fp32)")
      ->capture_default_str()
      ->type_name("NAME");
  command
      .add_option("--threads", o.threads,
                  "of the tensor library (0: all cores); equal numbers give equal bits")
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--seed", o.seed, "of weights, order, crops and caption draws")
      ->capture_default_str()
      ->type_name("N");
  command.add_flag("--local-loss")
      ->description("accepted for open_clip's sake; the loss is always the exact one");
  command.add_flag("--gather-with-grad")
      ->description("accepted for open_clip's sake; gradients are always the exact ones");
}

void add_run_flags(CLI::App& command, train::options::TrainOptions& o) {
  command.option_defaults()->group("Run folder");
  command.add_option("--logs", o.logs, "folder of all runs")
      ->capture_default_str()
      ->type_name("DIR");
  command
      .add_option("--name", o.name,
                  "the run is written to LOGS/NAME (default: date, model, objective)")
      ->type_name("NAME");
  command
      .add_option("--resume", o.resume,
                  "latest, or a checkpoint folder; goes on in the middle of an epoch, bit for bit")
      ->type_name("latest|PATH");
  command.add_flag("--allow-changes", o.allow_changes,
                   "resume although settings or data differ from the checkpoint's");
  command
      .add_option("--save-every-steps", o.save_every_steps,
                  "checkpoint every N steps as well (0: no)")
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--save-frequency", o.save_frequency, "checkpoint every N epochs (0: no)")
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option("--keep-checkpoints", o.keep_checkpoints,
                  "newest checkpoints that are kept (0: all)")
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option("--log-every-n-steps", o.log_every_n_steps, "steps between plain status lines")
      ->capture_default_str()
      ->type_name("N");
  command.add_flag("--paired-baseline", o.paired_baseline,
                   "afterwards the same run with the original captions, same seed, pictures and "
                   "crops, into NAME-baseline");
}

}  // namespace

void add_train_command(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "train", "Train a CLIP model on pictures with their captions and rewrites");
  command->description(
      "Trains a model and writes LOGS/NAME: config.toml, metrics.jsonl (a row a step), out.log, "
      "tensorboard/, checkpoints/step_<N>/ and, at the\n"
      "end, model/ (an open_clip directory; its path is printed). SIGINT or SIGTERM saves a "
      "checkpoint and ends with exit code 130.");
  auto flags = std::make_shared<Flags>();
  add_data_flags(*command, flags->options);
  add_model_flags(*command, *flags);
  add_optimiser_flags(*command, flags->options);
  add_machine_flags(*command, flags->options);
  add_run_flags(*command, flags->options);
  command->option_defaults()->group("Options");
  command->footer(
      "Examples:\n"
      "  clipwright train --train-data pictures/ --model tiny-32 --batch-size 128 --epochs 20 "
      "--name first\n"
      "  clipwright train --train-data 'cc12m/{00000..01242}.tar' --rewrites chatgpt.txt bard.txt "
      "--objective laclip \\\n"
      "      --model laclip-ViT-B-16 --batch-size 256 --accum-freq 32 --lr 1e-3 --wd 0.5 --warmup "
      "'1 epoch' --epochs 35 --name laclip-b16\n"
      "  clipwright train --config logs/first/config.toml --resume latest          # go on after "
      "an interruption\n"
      "  clipwright train --config logs/first/config.toml --name second --seed 1   # the same with "
      "another seed");
  command->callback([flags] {
    for (const std::string& term : flags->terms) flags->options.terms.push_back(train::options::parse_term(term));
    const train::loop::TrainResult result = train::loop::train(flags->options);
    if (!result.model.empty()) std::printf("%s\n", result.model.c_str());
  });
}

}  // namespace clipwright::cli
