#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/model_flags.h"
#include "eval/embed_files.h"

namespace clipwright::cli {

void add_embed_command(CLI::App& program) {
  auto request = std::make_shared<eval::EmbedRequest>();
  CLI::App* command =
      program.add_subcommand("embed", "features of pictures or texts as a NumPy array");
  add_model_flags(*command, request->model)->required();
  CLI::Option* images =
      command
          ->add_option("--images", request->images,
                       "pictures, folders of pictures, or .txt lists with a path a line")
          ->type_name("FILE...");
  command->add_option("--texts", request->texts, "a text a line; empty lines count")
      ->type_name("FILE")
      ->excludes(images);
  command->add_option("--output", request->output, "float32 (N, D), a row for every input")
      ->required()
      ->type_name("FILE.npy");
  command->add_flag("--raw", request->raw, "as the tower gives them, not of unit length");
  command
      ->add_option("--class-tokens", request->class_tokens,
                   "average: the mean of a picture's embeddings by all class tokens that "
                   "multi-text trained; first: the model's own")
      ->type_name("first|average")
      ->capture_default_str();
  command->add_flag("--skip-bad", request->skip_bad,
                    "zeros for a picture that cannot be read, instead of an error");
  command
      ->add_option("--batch-size", request->options.batch_size,
                   "pictures or texts at once; results do not depend on it")
      ->capture_default_str();
  command->add_option("--workers", request->options.workers, "threads that decode pictures")
      ->capture_default_str();
  command->add_option("--device", request->device, "cpu, cuda or cuda:N")->capture_default_str();
  command->footer(
      "Examples:\n"
      "  clipwright embed --model logs/run/model --images photos/ --output photos.npy\n"
      "  clipwright embed --model logs/run/model --texts captions.txt --output captions.npy --raw\n"
      "  clipwright embed --model all-MiniLM-L6-v2 --texts captions.txt --output captions.npy");
  command->callback([request] {
    const eval::EmbedSummary summary = eval::embed_files(*request);
    std::printf("{\"rows\": %ld, \"width\": %ld, \"bad\": %ld, \"cut\": %ld}\n",
                static_cast<long>(summary.rows), static_cast<long>(summary.width),
                static_cast<long>(summary.bad), static_cast<long>(summary.cut));
  });
}

}  // namespace clipwright::cli
