#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/model_flags.h"
#include "models/model_summary.h"
#include "train/folder/converted_model.h"

namespace clipwright::cli {
namespace {

struct ModelFlags {
  models::ModelArgument model;
  std::string format = "open_clip", output;
  bool json = false;
};

void add_model_argument(CLI::App& command, ModelFlags& flags) {
  command.add_option("model", flags.model.model, "a model in any form that --model takes")
      ->required()
      ->type_name("MODEL");
  add_weights_file_flags(command, flags.model.configuration, flags.model.names);
}

void add_inspect(CLI::App& parent) {
  auto flags = std::make_shared<ModelFlags>();
  CLI::App* command =
      parent.add_subcommand("inspect", "what a model is: towers, sizes, preprocessing");
  add_model_argument(*command, *flags);
  command->add_flag("--json", flags->json, "as JSON: open_clip's configuration and the counts");
  command->callback([flags] {
    const models::ModelSummary summary = models::summarize(flags->model);
    std::printf("%s", (flags->json ? summary.json().dump(2) + "\n" : summary.text()).c_str());
  });
}

void add_convert(CLI::App& parent) {
  auto flags = std::make_shared<ModelFlags>();
  CLI::App* command = parent.add_subcommand("convert", "write a model for other programs");
  add_model_argument(*command, *flags);
  command
      ->add_option("--format", flags->format,
                   "open_clip: a directory of open_clip's; hf: a folder of transformers' CLIPModel "
                   "with tokenizer and preprocessor")
      ->check(CLI::IsMember(train::folder::model_formats()))
      ->type_name("open_clip|hf")
      ->capture_default_str();
  command->add_option("--output", flags->output, "the folder to write; not there, or empty")
      ->required()
      ->type_name("DIR");
  command->callback(
      [flags] { train::folder::convert_model(flags->model, flags->format, flags->output); });
}

}  // namespace

void add_model_command(CLI::App& program) {
  CLI::App* command = program.add_subcommand("model", "files of models: inspect, convert");
  command->require_subcommand(1);
  add_inspect(*command);
  add_convert(*command);
  command->footer(
      "Examples:\n"
      "  clipwright model inspect ViT-B-32.pt\n"
      "  clipwright model convert laclip_cc12m.pt --output laclip\n"
      "  clipwright model convert laion400m_b32.pt --model-config ViT-B-32 --output laion\n"
      "  clipwright model convert unknown.pt --names names.toml --output read\n"
      "  clipwright model convert logs/run --format hf --output my-clip\n"
      "What is read: docs/formats/model_files.md.");
}

}  // namespace clipwright::cli
