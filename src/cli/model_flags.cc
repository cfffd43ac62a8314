#include "cli/model_flags.h"

namespace clipwright::cli {

CLI::Option* add_model_flags(CLI::App& command, models::ModelArgument& model, const char* help) {
  CLI::Option* option =
      command
          .add_option("--model", model.model,
                      help != nullptr ? help
                                      : "open_clip directory, Hugging Face folder, file of weights "
                                        "(.pt, .safetensors), folder of a run, or checkpoint")
          ->type_name("MODEL");
  add_weights_file_flags(command, model.configuration, model.names);
  for (const char* more : {"--model-config", "--names"}) command.get_option(more)->needs(option);
  return option;
}

void add_weights_file_flags(CLI::App& command, std::string& configuration, std::string& names) {
  command
      .add_option("--model-config", configuration,
                  "of a file of weights: what the model is, an architecture or an open_clip "
                  "configuration, where names and shapes do not tell")
      ->type_name("NAME|FILE.json");
  command
      .add_option("--names", names,
                  "of a file of weights: what its tensors are called here "
                  "(docs/formats/model_files.md)")
      ->type_name("FILE.toml");
}

}  // namespace clipwright::cli
