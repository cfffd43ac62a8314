#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/run_flags.h"
#include "train/loop/trainer.h"
#include "train/options/options.h"

namespace clipwright::cli {

void add_train_command(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "train", "Train a CLIP model on pictures with their captions and rewrites");
  command->description(
      "Trains a model and writes LOGS/NAME: config.toml, metrics.jsonl (a row a step), out.log, "
      "tensorboard/, checkpoints/step_<N>/ and, at the\n"
      "end, model/ (an open_clip directory; its path is printed). SIGINT or SIGTERM saves a "
      "checkpoint and ends with exit code 130.");
  auto options = std::make_shared<train::options::TrainOptions>();
  add_run_options(*command, *options);
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
  command->callback([options] {
    const train::loop::TrainResult result = train::loop::train(*options);
    if (!result.model.empty()) std::printf("%s\n", result.model.c_str());
  });
}

}  // namespace clipwright::cli
