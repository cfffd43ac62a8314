// The one table of a run's settings. Flags and their help, config.toml, environment names
// (CLIPWRIGHT_<NAME>), docs/commands.md, checks and the trajectory of a run all read it.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/json.h"
#include "train/options/options.h"

namespace clipwright::train::options {

/// How a resumed run is held to a setting (train/options/trajectory.h).
enum class OptionRole {
  kValue,    ///< decides later numbers: its value, resolved, must be the same
  kPlan,     ///< through the plan: total steps and warm-up must be the same
  kData,     ///< through the data: what it holds must be the same, wherever it lies
  kModel,    ///< through the model: configuration and starting weights must be the same
  kFree,     ///< may change from session to session
  kSession,  ///< concerns one start of the program; not written to config.toml
};

/// What a number may be.
struct OptionRange {
  double least = -std::numeric_limits<double>::infinity(),
         most = std::numeric_limits<double>::infinity();
  bool above_least = false, below_most = false;  ///< the bound itself is outside
  std::string_view expected = "a finite number";
};

using OptionField =
    std::variant<std::string TrainOptions::*, int64_t TrainOptions::*, int TrainOptions::*,
                 uint64_t TrainOptions::*, double TrainOptions::*, bool TrainOptions::*,
                 std::vector<std::string> TrainOptions::*,
                 std::vector<std::pair<std::string, double>> TrainOptions::*>;

struct RunOption {
  std::string_view name;     ///< --NAME, and NAME = ... in config.toml
  std::string_view section;  ///< of config.toml
  OptionField field;
  std::string_view value;  ///< what --help calls its value; empty: a flag without one
  std::string_view help;
  OptionRole role = OptionRole::kFree;
  OptionRange range = {};                       ///< of a number
  std::vector<std::string_view> choices = {};   ///< of a text; empty: `check` says, or anything
  void (*check)(const std::string&) = nullptr;  ///< of a text that is set; throws Error
  bool required = false, shows_default = true;  ///< in --help
  bool splits = false;  ///< a list whose items may also stand in one word, between commas
};

/// In the order of --help.
std::span<const RunOption> run_options();

/// Sections of config.toml in its order, with the heading of their flags in --help.
struct OptionSection {
  std::string_view name, heading;
};
std::span<const OptionSection> option_sections();

/// "on" and "off" for a switch, "NAME=WEIGHT" for terms, numbers and texts as they are.
Json option_value(const RunOption& option, const TrainOptions& options);

}  // namespace clipwright::train::options
