#include "losses/objective.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "core/error.h"
#include "core/json.h"
#include "core/words.h"
#include "losses/conformance.h"
#include "losses/presets.h"
#include "tensor/safetensors.h"

namespace clipwright::cli {
namespace {

using losses::ObjectiveConfig;
using losses::TermKind;
using losses::TermOption;

struct ObjectiveFlags {
  bool json = false;
  std::string name, term, inputs, output;
  std::vector<std::string> options;
};

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

/// Every option of a preset's term with its value, the defaults included.
std::map<std::string, std::string> values_of(const losses::TermConfig& term) {
  return losses::TermOptions(term.name, losses::find_term(term.name).options, term.options)
      .values();
}

std::string needs_text(const TermKind& kind) {
  std::vector<std::string> needs;
  const auto count = [&](int64_t number, const char* one, const char* more) {
    if (number > 0) needs.push_back(std::to_string(number) + " " + (number == 1 ? one : more));
  };
  count(kind.views, "image view", "image views");
  count(kind.texts, kind.needs_mask ? "text slot, masked" : "text slot",
        kind.needs_mask ? "text slots, one masked" : "text slots");
  if (kind.reads_rewrites) needs.emplace_back("all rewrites of a pair");
  if (kind.reads_patches) needs.emplace_back("an image tower with patches (a vision transformer)");
  return listed(needs);
}

void print_list() {
  std::printf("Presets (train --objective NAME)\n");
  for (const std::string& name : losses::preset_names())
    std::printf("  %-14s %s\n", name.c_str(), losses::find_preset(name).summary.c_str());
  std::printf("\nTerms, which presets and configuration files weigh\n");
  for (const TermKind& kind : losses::term_kinds())
    std::printf("  %-14s %s\n", kind.name.c_str(), kind.summary.c_str());
}

std::string scale_text(const losses::ScaleRange& scale) {
  std::string text = "starts at " + short_number(scale.start);
  text += scale.highest >= 1e30 ? ", not bounded"
                                : ", kept within " + short_number(scale.lowest) + " and " +
                                      short_number(scale.highest) + " after each step";
  if (scale.cap > 0) text += ", at most " + short_number(scale.cap) + " where it is used";
  return text;
}

void print_preset(const ObjectiveConfig& preset) {
  std::printf("Preset %s\n  %s\n  Source: %s\n\n", preset.preset.c_str(), preset.summary.c_str(),
              preset.source.c_str());
  const auto line = [](const char* what, const std::string& value) {
    std::printf("  %-16s %s\n", what, value.c_str());
  };
  line("image views", listed(preset.views));
  line("texts", listed(preset.texts));
  const char* what = "terms";
  for (const losses::TermConfig& term : preset.terms) {
    std::string text = short_number(term.weight) + " " + term.name;
    for (const auto& [name, value] : values_of(term)) text += "  " + name + "=" + value;
    line(what, text);
    what = "";
  }
  line("logit scale", scale_text(preset.scale));
  line("captions", preset.caption_policy);
  line("weight decay", preset.decay_rule);
  line("patch embedding", preset.freeze_patch_embedding ? "frozen as it was drawn" : "learned");
}

void print_term(const TermKind& kind) {
  std::printf("Term %s\n  %s\n  Source: %s\n  Needs: %s\n", kind.name.c_str(), kind.summary.c_str(),
              kind.source.c_str(), needs_text(kind).c_str());
  std::printf("\n  Options%s\n", kind.options.empty() ? ": none" : "");
  for (const TermOption& option : kind.options)
    std::printf("    %s=%s  (%s)\n        %s\n", option.name.c_str(), option.fallback.c_str(),
                option.values().c_str(), option.help.c_str());
  std::printf("\n  Inputs of `objective evaluate --term %s` (docs/formats/conformance.md)\n",
              kind.name.c_str());
  for (const losses::FormulaInput& input : losses::formula_inputs(kind.name))
    std::printf("    %-24s %s\n", input.name.c_str(), input.shape_text().c_str());
  for (const TermOption& option : losses::formula_options(kind.name))
    std::printf("    --option %s=%s\n", option.name.c_str(), option.fallback.c_str());
}

Json preset_json(const ObjectiveConfig& preset) {
  Json terms = Json::array();
  for (const losses::TermConfig& term : preset.terms)
    terms.push_back({{"name", term.name}, {"weight", term.weight}, {"options", values_of(term)}});
  return {{"kind", "preset"},
          {"name", preset.preset},
          {"summary", preset.summary},
          {"source", preset.source},
          {"views", preset.views},
          {"texts", preset.texts},
          {"terms", terms},
          {"scale",
           {{"start", preset.scale.start},
            {"lowest", preset.scale.lowest},
            {"highest", preset.scale.highest},
            {"cap", preset.scale.cap > 0 ? Json(preset.scale.cap) : Json()}}},
          {"caption_policy", preset.caption_policy},
          {"decay_rule", preset.decay_rule},
          {"freeze_patch_embedding", preset.freeze_patch_embedding}};
}

Json term_json(const TermKind& kind) {
  Json options = Json::array(), inputs = Json::array();
  for (const TermOption& option : kind.options) {
    Json entry = {{"name", option.name}, {"default", option.fallback}, {"help", option.help}};
    if (!option.choices.empty()) entry["choices"] = option.choices;
    if (option.takes_numbers()) {
      entry["least"] = option.least;
      entry["whole"] = option.whole;
    }
    options.push_back(entry);
  }
  for (const losses::FormulaInput& input : losses::formula_inputs(kind.name))
    inputs.push_back({{"name", input.name}, {"shape", input.shape}});
  return {{"kind", "term"},
          {"name", kind.name},
          {"summary", kind.summary},
          {"source", kind.source},
          {"views", kind.views},
          {"texts", kind.texts},
          {"masked", kind.needs_mask},
          {"rewrites", kind.reads_rewrites},
          {"patches", kind.reads_patches},
          {"options", options},
          {"inputs", inputs}};
}

void run_list(const ObjectiveFlags& flags) {
  if (!flags.json) return print_list();
  Json presets = Json::array(), terms = Json::array();
  for (const std::string& name : losses::preset_names())
    presets.push_back(preset_json(losses::find_preset(name)));
  for (const TermKind& kind : losses::term_kinds()) terms.push_back(term_json(kind));
  std::printf("%s\n", Json({{"presets", presets}, {"terms", terms}}).dump(1).c_str());
}

template <typename Names>
bool holds(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// A name may be a preset's and a term's (filip); then both are shown.
void run_show(const ObjectiveFlags& flags) {
  const std::vector<std::string> presets = losses::preset_names(), terms = losses::term_names();
  const bool preset = holds(presets, flags.name), term = holds(terms, flags.name);
  if (!preset && !term) {
    std::vector<std::string> all = presets;
    all.insert(all.end(), terms.begin(), terms.end());
    const std::string near = nearest(flags.name, all);
    fail_usage("objective '" + flags.name + "' does not exist",
               "a preset (" + listed(presets) + ") or a term (" + listed(terms) + ")",
               near.empty() ? "" : "Did you mean '" + near + "'?");
  }
  if (flags.json) {
    Json shown = Json::array();
    if (preset) shown.push_back(preset_json(losses::find_preset(flags.name)));
    if (term) shown.push_back(term_json(losses::find_term(flags.name)));
    std::printf("%s\n", shown.dump(1).c_str());
    return;
  }
  if (preset) print_preset(losses::find_preset(flags.name));
  if (preset && term) std::printf("\n");
  if (term) print_term(losses::find_term(flags.name));
}

std::map<std::string, std::string> parsed_options(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> options;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      fail_usage("--option '" + text + "'", "KEY=VALUE");
    if (!options.emplace(text.substr(0, equals), text.substr(equals + 1)).second)
      fail_usage("--option " + text.substr(0, equals) + " is given twice", "one value");
  }
  return options;
}

void run_evaluate(const ObjectiveFlags& flags) {
  const std::map<std::string, std::string> options = parsed_options(flags.options);
  losses::formula_inputs(flags.term);  // a wrong name is told before a file is looked for
  const tensor::Safetensors inputs = tensor::read_safetensors(flags.inputs);
  tensor::write_safetensors(flags.output,
                            losses::evaluate_term(flags.term, options, inputs.tensors));
}

void add_list(CLI::App& objective, const std::shared_ptr<ObjectiveFlags>& flags) {
  CLI::App* command = objective.add_subcommand("list", "all presets and all terms");
  command->add_flag("--json", flags->json, "everything about each of them, as JSON");
  command->footer("Example:\n  clipwright objective list");
  command->callback([flags] { run_list(*flags); });
}

void add_show(CLI::App& objective, const std::shared_ptr<ObjectiveFlags>& flags) {
  CLI::App* command = objective.add_subcommand(
      "show",
      "what a preset is: views, texts, terms with weights and options, scale, sources; or what a "
      "term is: options, needs, inputs");
  command->add_option("name", flags->name, "a preset or a term (`objective list`)")
      ->required()
      ->type_name("NAME");
  command->add_flag("--json", flags->json,
                    "as JSON: a list, for a preset and a term may share a "
                    "name");
  command->footer(
      "Examples:\n  clipwright objective show declip\n  clipwright objective show nearest-text");
  command->callback([flags] { run_show(*flags); });
}

void add_evaluate(CLI::App& objective, const std::shared_ptr<ObjectiveFlags>& flags) {
  CLI::App* command = objective.add_subcommand(
      "evaluate",
      "a term's loss and gradients on given tensors, by the code that trains; computed in the type "
      "of the inputs, F32 or F64 (docs/formats/conformance.md)");
  command->add_option("--term", flags->term, "which (`objective list`)")
      ->required()
      ->type_name("NAME");
  command
      ->add_option("--option", flags->options,
                   "an option of the term (`objective show NAME`); may be repeated")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  command->add_option("--inputs", flags->inputs, "the tensors that the term's formula reads")
      ->required()
      ->type_name("FILE.safetensors");
  command
      ->add_option("--output", flags->output,
                   "`loss`, `grad.<input>` of every floating input but `queue`, `after.<buffer>`")
      ->required()
      ->type_name("FILE.safetensors");
  command->footer(
      "Example:\n"
      "  clipwright objective evaluate --term nearest-text --option direction=both --inputs "
      "in.safetensors --output out.safetensors");
  command->callback([flags] { run_evaluate(*flags); });
}

}  // namespace

void add_objective_command(CLI::App& program) {
  CLI::App* objective = program.add_subcommand(
      "objective", "what training minimises: presets, terms, their formulas");
  objective->require_subcommand(1);
  objective->footer(
      "Example:\n  clipwright objective show declip\nFormulas: docs/formats/conformance.md.");
  const auto flags = std::make_shared<ObjectiveFlags>();
  add_list(*objective, flags);
  add_show(*objective, flags);
  add_evaluate(*objective, flags);
}

}  // namespace clipwright::cli
