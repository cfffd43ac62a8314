#include "train/finetune/finetune.h"

#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/run_flags.h"

namespace clipwright::cli {

void add_finetune_command(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "finetune", "Fit a trained model to your own pictures and captions, and see what it forgot");
  command->description(
      "Trains as `clipwright train` does, from a model with weights and with careful settings "
      "(recipes/finetune.toml): held-out pairs, early stop, smaller\n"
      "rates near the input. Then the model before and after is compared on the held-out pairs and "
      "on sets that it should keep. Writes LOGS/NAME with\n"
      "model/, report.md, report.json and comparison/; prints the report's path. "
      "docs/finetuning.md "
      "says what to lock and which rates, by the size of the data.");
  auto request = std::make_shared<train::finetune::FinetuneRequest>();
  command
      ->add_option("--keep", request->keep,
                   "pictures with classes that the model should still know, as 'eval zeroshot "
                   "--data' takes them; zero-shot before and after is reported. Several")
      ->expected(1, -1)
      ->type_name("[NAME=]SRC...");
  add_run_options(*command, request->train);
  command->footer(
      "Examples:\n"
      "  clipwright finetune --train-data my_pictures/ --model ViT-B-32-laion/ --keep "
      "imagenet_v2/ --name mine\n"
      "  clipwright finetune --train-data pairs.csv --model model.pt --lora-rank 8 --lr 1e-4 "
      "--image-layer-decay 1 --text-layer-decay 1 --name lora\n"
      "  clipwright finetune --train-data pairs.csv --model vit/ --lock-image --image-layer-decay "
      "1 "
      "--augment none --cache-features features/ --name lit");
  command->callback([request] {
    const train::finetune::FinetuneResult result = train::finetune::finetune(*request);
    if (!result.report.empty()) std::printf("%s\n", result.report.c_str());
  });
}

}  // namespace clipwright::cli
