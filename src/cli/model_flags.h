// Which CLIP model a command reads: the flags.
#pragma once

#include <string>

#include "flags/cli11.h"
#include "models/model_argument.h"

namespace clipwright::cli {

/// --model, --model-config and --names; the first is returned, for what only one command says of
/// it.
CLI::Option* add_model_flags(CLI::App& command, models::ModelArgument& model,
                             const char* help = nullptr);

/// --model-config and --names alone, where the model is said in another way.
void add_weights_file_flags(CLI::App& command, std::string& configuration, std::string& names);

}  // namespace clipwright::cli
