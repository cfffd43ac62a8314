#include "cli/run_flags.h"

#include <map>
#include <string>
#include <variant>

#include "train/options/option_table.h"

namespace clipwright::cli {
namespace {

/// Makes the flag of one setting.
struct AddFlag {
  CLI::App& command;
  const train::options::RunOption& option;
  train::options::TrainOptions& options;
  std::string flag = "--" + std::string(option.name), help{option.help};

  CLI::Option* as_list(CLI::Option* made) const {
    made->expected(1, -1);
    return option.splits ? made->delimiter(',') : made;
  }
  CLI::Option* operator()(bool train::options::TrainOptions::*field) const {
    if (option.value.empty()) return command.add_flag(flag, options.*field, help);
    return command.add_option(flag, options.*field, help)
        ->default_str(options.*field ? "on" : "off")
        ->check(CLI::IsMember({"on", "off", "true", "false"}));
  }
  CLI::Option* operator()(std::vector<std::string> train::options::TrainOptions::*field) const {
    return as_list(command.add_option(flag, options.*field, help));
  }
  CLI::Option* operator()(
      std::vector<std::pair<std::string, double>> train::options::TrainOptions::*field) const {
    const auto take = [&list = options.*field](const std::vector<std::string>& given) {
      for (const std::string& term : given) list.push_back(train::options::parse_term(term));
    };
    return as_list(command.add_option_function<std::vector<std::string>>(flag, take, help));
  }
  CLI::Option* operator()(std::string train::options::TrainOptions::*field) const {
    CLI::Option* made = command.add_option(flag, options.*field, help);
    return option.shows_default && !(options.*field).empty() ? made->capture_default_str() : made;
  }
  template <typename Number>
  CLI::Option* operator()(Number train::options::TrainOptions::*field) const {
    CLI::Option* made = command.add_option(flag, options.*field, help);
    return option.shows_default ? made->capture_default_str() : made;
  }
};

}  // namespace

void add_run_options(CLI::App& command, train::options::TrainOptions& options) {
  std::map<std::string_view, std::string> headings;
  for (const train::options::OptionSection& section : train::options::option_sections())
    headings[section.name] = section.heading;
  for (const train::options::RunOption& option : train::options::run_options()) {
    CLI::Option* made = std::visit(AddFlag{command, option, options}, option.field);
    made->group(headings.at(option.section));
    if (!option.value.empty()) made->type_name(std::string(option.value));
    if (option.required) made->required();
  }
  command.add_flag("--local-loss")
      ->description("accepted for open_clip's sake; the loss is always the exact one")
      ->group("Machine");
  command.add_flag("--lock-text-freeze-layer-norm")
      ->description("accepted for open_clip's sake; norms of what is locked are always locked")
      ->group("Machine");
  command.add_flag("--gather-with-grad")
      ->description("accepted for open_clip's sake; gradients are always the exact ones")
      ->group("Machine");
}

}  // namespace clipwright::cli
