// One file a subcommand: read flags, call one function of the library, print. Never any logic.
#pragma once

#include "flags/cli11.h"

namespace clipwright::cli {

void add_tokenize_command(CLI::App& program);
void add_preprocess_command(CLI::App& program);
void add_examples_command(CLI::App& program);
void add_rewrite_command(CLI::App& program);
void add_ledger_command(CLI::App& program);
void add_audit_command(CLI::App& program);
void add_data_command(CLI::App& program);
void add_objective_command(CLI::App& program);
void add_model_command(CLI::App& program);
void add_train_command(CLI::App& program);
void add_finetune_command(CLI::App& program);
void add_eval_command(CLI::App& program);
void add_ablate_command(CLI::App& program);
void add_compare_command(CLI::App& program);
void add_embed_command(CLI::App& program);
void add_bench_command(CLI::App& program);
void add_doctor_command(CLI::App& program);

/// All of them, with what `clipwright --help` says.
void add_all_commands(CLI::App& program);

/// Runs clipwright with all of them. Returns the exit code.
int run_program(int argc, char** argv);

}  // namespace clipwright::cli
