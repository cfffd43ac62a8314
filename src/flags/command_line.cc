#include "flags/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/process/crash.h"
#include "core/process/interrupt.h"
#include "core/process/mapped_memory.h"
#include "core/whole_number.h"
#include "core/words.h"
#include "flags/config_file.h"
#include "flags/outputs.h"

namespace clipwright::flags {
namespace {

/// "--batch-size" as it is written in a file ("batch-size"); empty for positionals and for what
/// neither a file nor the environment says.
std::string file_key(const CLI::Option& option) {
  const auto& names = option.get_lnames();
  const bool is_setting =
      !names.empty() && names[0] != "help" && names[0] != "version" && names[0] != "config";
  return is_setting ? names[0] : "";
}

std::string environment_name(const std::string& flag) {
  std::string name = "CLIPWRIGHT_" + flag;
  for (char& letter : name)
    letter =
        letter == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return name;
}

/// Values that --help calls N are counts, whatever type they are read as.
void check_count(CLI::Option& option) {
  if (option.get_type_name() != "N") return;
  option.check(CLI::Validator(
      [](std::string& text) {
        return std::string(text.starts_with('-') ? "'" + text + "' is below zero" : "");
      },
      ""));
}

/// Gives every flag its variable, collected in `names`, and its checks.
void finish_options(CLI::App& app, std::vector<std::string>& names) {
  for (CLI::Option* option : app.get_options()) {
    check_count(*option);
    const std::string key = file_key(*option);
    if (key.empty()) continue;
    names.push_back(environment_name(key));
    option->envname(names.back());
  }
  for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; }))
    finish_options(*sub, names);
}

/// A misspelt variable would be ignored without a word.
void tell_misspelt_variables(const std::vector<std::string>& known) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view whole = *entry;
    const std::string name(whole.substr(0, whole.find('=')));
    if (!name.starts_with("CLIPWRIGHT_") ||
        std::find(known.begin(), known.end(), name) != known.end())
      continue;
    if (const std::string near = nearest(name, known); !near.empty())
      log_warning(name + " is no setting of this program. Did you mean '" + near + "'?");
  }
}

const CLI::App* find_subcommand(const CLI::App& program,
                                const std::vector<std::string>& arguments) {
  const CLI::App* app = &program;
  for (const std::string& argument : arguments) {
    const auto subs =
        app->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == argument; });
    if (!subs.empty()) app = subs[0];
  }
  return app;
}

/// "clipwright eval zeroshot": what a user typed to get here.
std::string full_name(const CLI::App& app) {
  const CLI::App* above = app.get_parent();
  return above == nullptr ? app.get_name() : full_name(*above) + " " + app.get_name();
}

/// A misspelt section is as likely a mistake as a misspelt key.
void check_sections(const std::string& file, const std::vector<std::string>& sections,
                    const std::string& command, const std::vector<std::string>& known) {
  for (const std::string& section : sections) {
    if (std::find(known.begin(), known.end(), section) != known.end()) continue;
    const std::string near = nearest(section, known);
    fail_usage(file + ": [" + section + "] is no section of '" + command + "'",
               listed(known, " or "), near.empty() ? "" : "Did you mean '" + near + "'?");
  }
}

/// Inserts the keys of --config FILE as flags, except where a flag or an environment variable says
/// otherwise. The file's name goes to `file`.
std::vector<std::string> with_config_file(
    const CLI::App& program, const std::map<std::string, std::vector<std::string>>& known_sections,
    std::vector<std::string> arguments, std::string& file) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--config" && i + 1 < arguments.size()) {
      file = arguments[i + 1];
      arguments.erase(arguments.begin() + static_cast<long>(i),
                      arguments.begin() + static_cast<long>(i) + 2);
      break;
    }
    if (arguments[i].rfind("--config=", 0) == 0) {
      file = arguments[i].substr(9);
      arguments.erase(arguments.begin() + static_cast<long>(i));
      break;
    }
  }
  if (file.empty()) return arguments;
  const CLI::App* app = find_subcommand(program, arguments);
  std::vector<std::string> known;
  std::map<std::string, const CLI::Option*> options;
  for (const CLI::Option* option : app->get_options()) {
    if (const std::string key = file_key(*option); !key.empty()) {
      known.push_back(key);
      options[key] = option;
    }
  }
  const ConfigFile said = read_config_file(file);
  if (const auto own = known_sections.find(app->get_name()); own != known_sections.end())
    check_sections(file, said.sections, full_name(*app), own->second);
  for (const auto& [key, list] : said.values) {
    const auto found = options.find(key);
    if (found == options.end()) {
      const std::string near = nearest(key, known);
      fail_usage(file + ": '" + key + "' is no setting of '" + full_name(*app) + "'", {},
                 near.empty() ? "See --help for the settings." : "Did you mean '" + near + "'?");
    }
    const std::string flag = "--" + key;
    const bool given =
        std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
          return argument == flag || argument.rfind(flag + "=", 0) == 0;
        });
    if (given || std::getenv(environment_name(key).c_str()) != nullptr) continue;
    if (found->second->get_expected_max() == 0) {
      arguments.push_back(flag + "=" + list.at(0));
    } else if (found->second->get_items_expected_max() <= 1 && list.size() == 1) {
      arguments.push_back(flag + "=" + list[0]);
    } else {
      arguments.push_back(flag);
      arguments.insert(arguments.end(), list.begin(), list.end());
    }
  }
  return arguments;
}

/// The names a user may have meant where `app` is parsed: its flags, those of the commands above
/// it, its commands.
std::vector<std::string> known_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* at = app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

/// What is wrong with a number that was refused, from CLI11's "Could not convert: --seed = -1".
std::string refused_number(const std::string& message) {
  constexpr std::string_view kBefore = "Could not convert: ";
  const size_t equals = message.find(" = ");
  if (!message.starts_with(kBefore) || equals == std::string::npos) return message;
  const std::string flag = message.substr(kBefore.size(), equals - kBefore.size()),
                    value = message.substr(equals + 3);
  const std::string found = flag + " is '" + value + "'; expected ";
  if (value.find(',') != std::string::npos)
    return found + "finite numbers, whole ones from 0 where something is counted";
  if (!is_number(value)) return found + "a number";
  if (const std::optional<int64_t> whole = whole_number(value); whole && *whole < 0)
    return found + "a whole number from 0";
  if (whole_number(value)) return found + "a whole number in digits alone that is not too large";
  return found + "a finite number that is not too large, whole where something is counted";
}

/// What CLI11 says, with the nearest flag or command where a name is unknown. A misspelt flag that
/// is required is reported as missing; it is the flags nobody knows that tell what happened.
void report_parse_error(const CLI::App& program, const std::vector<std::string>& arguments,
                        const CLI::ParseError& error) {
  const CLI::App* app = find_subcommand(program, arguments);
  const std::string words = full_name(*app);
  std::string message = refused_number(error.what());
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
      dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    const std::vector<std::string> known = known_names(app);
    const bool wants_command = app->get_require_subcommand_min() > 0;
    for (const std::string& argument : arguments) {
      const std::string name = argument.substr(0, argument.find('='));
      const bool is_flag = name.rfind("--", 0) == 0;
      if ((!is_flag && !wants_command) ||
          std::find(known.begin(), known.end(), name) != known.end())
        continue;
      if (!is_flag && words.find(name) != std::string::npos) continue;
      if (message.find(name) == std::string::npos) message += ". '" + name + "' is unknown here";
      if (const std::string near = nearest(name, known); !near.empty())
        message += ". Did you mean '" + near + "'?";
      break;  // what follows a misspelt command or flag belongs to it
    }
  }
  std::fprintf(stderr, "error: %s\nSee '%s --help'.\n", message.c_str(), words.c_str());
}

/// Results on a full disk or a closed pipe are lost results, not success.
void check_results_arrived() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  fail_running("the results could not be written to the standard output", {},
               "Is the disk full, or the reader of the pipe gone?");
}

void add_config_flag(CLI::App& app) {
  app.add_option("--config", "TOML file with the same names as the flags")->type_name("FILE");
}

/// Returns the environment variables that mean something.
std::vector<std::string> build_program(const Program& what, CLI::App& program) {
  program.name(what.name);
  program.set_version_flag("--version", what.name + " 0.1.0");
  program.get_formatter()->column_width(38);
  what.build(program);
  program.add_flag("--quiet")->description("only warnings and errors on stderr");
  program.add_flag("--log-json")->description("log lines as JSON records");
  const auto commands = program.get_subcommands([](CLI::App*) { return true; });
  if (commands.empty()) {
    add_config_flag(program);
  } else {
    program.require_subcommand(1);
  }
  for (CLI::App* sub : commands) {
    sub->fallthrough();
    for (CLI::App* inner : sub->get_subcommands([](CLI::App*) { return true; }))
      inner->fallthrough();
    add_config_flag(*sub);
  }
  std::vector<std::string> variables = {"CLIPWRIGHT_SHARE",     "CLIPWRIGHT_WORDNET",
                                        "CLIPWRIGHT_LLAMA_LOG", "CLIPWRIGHT_GEMM",
                                        "CLIPWRIGHT_CHART_JS",  "CLIPWRIGHT_PLAIN_PROGRESS",
                                        "CLIPWRIGHT_RESIZE",    "CLIPWRIGHT_LLAMA_KERNELS"};
  finish_options(program, variables);
  return variables;
}

}  // namespace

int run(const Program& what, int argc, char** argv) {
  CLI::App program;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  watch_crashes(what.name.c_str(), argc, argv);
  configure_log({});  // errors before the flags are known go to stderr as well
  try {
    const std::vector<std::string> variables = build_program(what, program);
    watch_interrupts();
    if (what.prepare) what.prepare();
    std::string config;
    program.parse_complete_callback([&program, &what, &config] {
      configure_log({.quiet = program.get_option("--quiet")->as<bool>(),
                     .json = program.get_option("--log-json")->as<bool>()});
      check_outputs(program, config, what.beside);
    });
    tell_misspelt_variables(variables);
    arguments = with_config_file(program, what.sections, std::move(arguments), config);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    program.parse(reversed);
    check_mapped_files();
    check_results_arrived();
    if (!interrupted()) return static_cast<int>(ExitCode::kDone);
    log_warning("interrupted before the end; what was finished is kept.");
    return static_cast<int>(ExitCode::kInterrupted);
  } catch (const CLI::Success& wanted) {
    return program.exit(wanted);
  } catch (const CLI::ParseError& error) {
    report_parse_error(program, arguments, error);
    return static_cast<int>(ExitCode::kUsage);
  } catch (const Error& error) {
    log_error(error.what());
    return static_cast<int>(error.code());
  } catch (const std::bad_alloc&) {
    log_error(
        "the memory of this machine is used up. Try a smaller --batch-size, a smaller "
        "--loader-memory or fewer --workers.");
    return static_cast<int>(ExitCode::kFailed);
  } catch (const std::exception& error) {
    const auto* refused = dynamic_cast<const std::system_error*>(&error);
    if (refused != nullptr && refused->code() == std::errc::resource_unavailable_try_again) {
      log_error(
          "the system refused a thread. Use fewer --workers or --parallel, end other programs of "
          "this user, or raise the limit (ulimit -u).");
      return static_cast<int>(ExitCode::kFailed);
    }
    log_error(std::string("internal error: ") + error.what() +
              ". Please report this in the project's issue tracker.");
    return static_cast<int>(ExitCode::kFailed);
  }
}

}  // namespace clipwright::flags
