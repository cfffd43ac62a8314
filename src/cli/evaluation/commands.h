// The sub-commands of `clipwright eval`, a file each, and the flags that they share.
#pragma once

#include <string>

#include "eval/evaluate.h"
#include "eval/sets/labelled_splits.h"
#include "flags/cli11.h"

namespace clipwright::cli::evaluation {

void add_eval_zeroshot(CLI::App& eval);
void add_eval_retrieval(CLI::App& eval);
void add_eval_probe(CLI::App& eval);
void add_eval_knn(CLI::App& eval);
void add_eval_fewshot(CLI::App& eval);
void add_eval_selection(CLI::App& eval);
void add_eval_invariance(CLI::App& eval);
void add_eval_suite(CLI::App& eval);
void add_eval_build(CLI::App& eval);

/// --batch-size, --workers and --device.
void add_eval_compute_flags(CLI::App& command, eval::EvalOptions& options, std::string& device);
/// --NAME-features, --NAME-labels and --NAME-data of a split ("train").
void add_eval_split(CLI::App& command, eval::sets::LabelledSplit& split, const std::string& name,
                    const std::string& what);
/// --model, --features and --classnames: how pictures become features. `usual`: the kind without
/// the flag.
void add_eval_encoder(CLI::App& command, eval::sets::SplitsRequest& splits,
                      const std::string& usual);
/// --output.
void add_eval_output(CLI::App& command, std::string& output, const char* what);
/// To the file, or to standard output where none is named.
void deliver(const std::string& text, const std::string& output);

/// The same of a result: a file gets outcomes of samples and class names beside it.
void deliver(const eval::EvaluationRecord& record, const std::string& output);

}  // namespace clipwright::cli::evaluation
