#include <filesystem>

#include "cli/commands.h"
#include "data/transform/resize.h"
#include "eval/result.h"
#include "flags/command_line.h"
#include "tensor/kernels.h"
#include "train/options/option_table.h"

namespace clipwright::cli {

void add_all_commands(CLI::App& program) {
  program.description(
      "clipwright: rewrite captions with a language model, check the rewrites, train CLIP-family "
      "models on them, evaluate them.");
  program.footer(
      "Every command reads --config FILE.toml (same names) and CLIPWRIGHT_<FLAG>; a flag wins over "
      "the environment, the "
      "environment over the file.\nExit codes: 0 done, 1 failed while running, 2 bad usage, 3 "
      "input data rejected or not there, 130 "
      "interrupted after a clean save.");
  add_tokenize_command(program);
  add_preprocess_command(program);
  add_examples_command(program);
  add_rewrite_command(program);
  add_ledger_command(program);
  add_audit_command(program);
  add_data_command(program);
  add_objective_command(program);
  add_model_command(program);
  add_train_command(program);
  add_finetune_command(program);
  add_eval_command(program);
  add_ablate_command(program);
  add_compare_command(program);
  add_embed_command(program);
  add_bench_command(program);
  add_doctor_command(program);
}

namespace {

/// A wish that cannot be met is told before a worker thread meets it.
void settle_kernels() {
  tensor::avoid_failing_tensor_kernels();
  data::transform::resize_choice();
}

std::vector<std::filesystem::path> files_beside(const CLI::App& command,
                                                const std::filesystem::path& output) {
  const CLI::App* above = command.get_parent();
  if (above == nullptr || above->get_name() != "eval" || command.get_name() == "build") return {};
  return eval::files_beside_result(output);
}

std::vector<std::string> train_sections() {
  std::vector<std::string> names;
  for (const train::options::OptionSection& section : train::options::option_sections())
    names.emplace_back(section.name);
  return names;
}

}  // namespace

int run_program(int argc, char** argv) {
  return flags::run({.name = "clipwright",
                     .build = add_all_commands,
                     .prepare = settle_kernels,
                     .sections = {{"train", train_sections()}, {"finetune", train_sections()}},
                     .beside = files_beside},
                    argc, argv);
}

}  // namespace clipwright::cli
