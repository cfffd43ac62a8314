#include "train/options/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "core/config/toml_parser.h"
#include "core/error.h"
#include "core/words.h"
#include "models/tuning/adapters.h"
#include "train/options/option_table.h"

namespace clipwright::train::options {
namespace {

constexpr int64_t kLongestAutomaticWarmup = 10'000;

bool parse_number(std::string_view text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

void check_number(const RunOption& option, double value) {
  const OptionRange& range = option.range;
  const bool fits = std::isfinite(value) && value >= range.least && value <= range.most &&
                    !(range.above_least && value == range.least) &&
                    !(range.below_most && value == range.most);
  if (!fits)
    fail_usage("--" + std::string(option.name) + " is " +
                   (std::isfinite(value) ? Json(value).dump() : "not a number"),
               range.expected);
}

void check_text(const RunOption& option, const std::string& value) {
  static const TrainOptions kUnset;
  if (value.empty() && option_value(option, kUnset) == value) return;
  if (option.check != nullptr) option.check(value);
  const auto& choices = option.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  const std::string near = nearest(value, {choices.begin(), choices.end()});
  fail_usage("--" + std::string(option.name) + " is '" + value + "'", listed(choices, " or "),
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

void check_option(const RunOption& option, const TrainOptions& options) {
  const Json value = option_value(option, options);
  if (value.is_number_float()) return check_number(option, value.get<double>());
  // Whole numbers are named as they were given, not as the nearest double.
  if (value.is_number()) {
    if (value.get<double>() < option.range.least)
      fail_usage("--" + std::string(option.name) + " is " + value.dump(), option.range.expected);
    return;
  }
  if (value.is_string()) check_text(option, value.get<std::string>());
}

toml::table toml_section(const Json& values) {
  toml::table table;
  for (const auto& [key, value] : values.items()) {
    if (value.is_array()) {
      toml::array list;
      for (const Json& item : value) list.push_back(item.get<std::string>());
      if (!list.empty()) table.insert(key, std::move(list));
    } else if (value.is_string()) {
      if (const auto text = value.get<std::string>(); !text.empty()) table.insert(key, text);
    } else if (value.is_boolean()) {
      table.insert(key, value.get<bool>());
    } else if (value.is_number_float()) {
      table.insert(key, value.get<double>());
    } else if (value.is_number_unsigned() &&
               value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) {
      table.insert(key, value.dump());  // beyond TOML's whole numbers; read back from a text
    } else {
      table.insert(key, value.get<int64_t>());
    }
  }
  return table;
}

}  // namespace

void check_options(const TrainOptions& options) {
  for (const RunOption& option : run_options()) check_option(option, options);
  if (options.batch_size * options.accum_freq <= 1)
    fail_usage("a step of one pair has no negatives to learn from",
               "--batch-size times --accum-freq of at least 2");
  if (options.epochs == 0 && options.steps == 0)
    fail_usage("the run has no steps", "--epochs or --steps of at least 1");
  if (options.hold_out > 0 && !options.val_data.empty())
    fail_usage("--hold-out keeps pairs back for validation, and --val-data brings some",
               "one of the two");
  if (options.eval.empty() && options.eval_every > 0)
    fail_usage("--eval-every is given without --eval", "--eval SUITE --eval-data-root DIR");
  if (!options.eval.empty() && options.eval_data_root.empty())
    fail_usage("--eval is given without --eval-data-root", "the folder that holds its sets");
  if (!options.lock_image &&
      (options.lock_image_unlocked_groups > 0 || options.lock_image_freeze_bn_stats)) {
    fail_usage(options.lock_image_freeze_bn_stats
                   ? "--lock-image-freeze-bn-stats is given without --lock-image"
                   : "--lock-image-unlocked-groups is given without --lock-image",
               "--lock-image, which it is an exception to");
  }
  if (!options.lock_text && options.lock_text_unlocked_layers > 0)
    fail_usage("--lock-text-unlocked-layers is given without --lock-text",
               "--lock-text, which it is an exception to");
  if (options.lora_rank == 0 && (options.lora_alpha > 0 || !options.lora_targets.empty())) {
    fail_usage(std::string(options.lora_alpha > 0 ? "--lora-alpha" : "--lora-targets") +
                   " is given without --lora-rank",
               "--lora-rank, say 8");
  }
  for (const std::string& target : options.lora_targets) {
    const std::vector<std::string>& known = models::tuning::adapter_targets();
    if (std::find(known.begin(), known.end(), target) == known.end())
      fail_usage("--lora-targets names '" + target + "'", listed(known, ", "));
    if (std::count(options.lora_targets.begin(), options.lora_targets.end(), target) > 1)
      fail_usage("--lora-targets names " + target + " twice", "each once");
  }
  if (options.lock_image && options.lock_image_unlocked_groups == 0 &&
      options.force_patch_dropout > 0) {
    fail_usage(
        "--force-patch-dropout leaves out patches of a tower that --lock-image holds: it could not "
        "learn to do without them",
        "one of the two");
  }
  if (options.model.empty())
    fail_usage("--model is empty", "an architecture's name or a model directory");
  if (options.precision != "fp32" && options.device.rfind("cuda", 0) != 0)
    fail_usage(
        "--precision " + options.precision + " on --device " + options.device, "fp32 on a CPU",
        "Leave --precision out, or train on --device cuda: without matrix units for bfloat16 "
        "a CPU is slower with it, not faster.");
}

models::ModelArgument trained_model(const TrainOptions& options) {
  if (!options.pretrained.empty()) return options.model;
  return {options.model, options.model_config, options.names};
}

models::ModelArgument starting_weights(const TrainOptions& options) {
  if (options.pretrained.empty()) return {};
  return {options.pretrained, options.model_config, options.names};
}

std::pair<std::string, double> parse_term(std::string_view text) {
  const size_t equals = text.find('=');
  double weight = 0;
  if (equals == std::string_view::npos || equals == 0 ||
      !parse_number(text.substr(equals + 1), weight)) {
    fail_usage("--term '" + std::string(text) + "'", "NAME=WEIGHT, such as contrastive=1.0");
  }
  return {std::string(text.substr(0, equals)), weight};
}

TermOptionText parse_term_option(std::string_view text) {
  const size_t dot = text.find('.'), equals = text.find('=');
  if (dot == std::string_view::npos || equals == std::string_view::npos || dot == 0 ||
      dot + 1 >= equals) {
    fail_usage("--term-option '" + std::string(text) + "'",
               "NAME.OPTION=VALUE, such as simclr.temperature=0.2");
  }
  return {std::string(text.substr(0, dot)), std::string(text.substr(dot + 1, equals - dot - 1)),
          std::string(text.substr(equals + 1))};
}

int64_t warmup_steps(const std::string& warmup, int64_t steps_per_epoch, int64_t total_steps) {
  if (warmup == "auto") return std::min(kLongestAutomaticWarmup, total_steps / 10);
  std::string_view number = warmup;
  const size_t unit_at = number.find_first_of(" e");
  const std::string_view unit = unit_at == std::string_view::npos
                                    ? ""
                                    : number.substr(number.find_first_not_of(' ', unit_at));
  double value = 0;
  const bool by_epoch = unit == "epoch" || unit == "epochs";
  if (!parse_number(by_epoch ? number.substr(0, unit_at) : number, value) || value < 0 ||
      (!by_epoch && value != std::floor(value))) {
    fail_usage("--warmup '" + warmup + "'", "a number of steps, \"1 epoch\" or auto");
  }
  return static_cast<int64_t>(
      std::llround(by_epoch ? value * static_cast<double>(steps_per_epoch) : value));
}

Json describe_options(const TrainOptions& options) {
  Json sections;
  for (const OptionSection& section : option_sections()) {
    Json& values = sections[std::string(section.name)];
    for (const RunOption& option : run_options()) {
      if (option.section == section.name && option.role != OptionRole::kSession)
        values[std::string(option.name)] = option_value(option, options);
    }
  }
  return sections;
}

std::string options_to_toml(const TrainOptions& options) {
  // Quotes as everybody knows them, a value a line.
  constexpr auto kPlain =
      toml::toml_formatter::default_flags &
      ~(toml::format_flags::allow_literal_strings | toml::format_flags::allow_multi_line_strings |
        toml::format_flags::indentation);
  std::ostringstream text;
  text << "# The settings of this run, defaults filled in. `clipwright train --config <this file> "
          "--name <new>` repeats it.\n";
  const Json sections = describe_options(options);
  for (const auto& [section, values] : sections.items()) {
    toml::table whole;
    whole.insert(section, toml_section(values));
    text << "\n" << toml::toml_formatter(whole, kPlain) << "\n";
  }
  return text.str();
}

}  // namespace clipwright::train::options
