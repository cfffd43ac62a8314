#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/evaluation/commands.h"
#include "cli/model_flags.h"
#include "core/error.h"
#include "core/file.h"
#include "core/words.h"
#include "eval/suite/run_suite.h"
#include "eval/suite/suite_file.h"
#include "report/comparison_page.h"

namespace clipwright::cli::evaluation {

void add_eval_suite(CLI::App& eval) {
  auto request = std::make_shared<eval::suite::SuiteRequest>();
  CLI::App* command = eval.add_subcommand(
      "suite", "several models on several sets: tables with averages, paired differences, a page");
  command->fallthrough();
  command
      ->add_option("--suite", request->suite,
                   "laclip15, declip11, vtab, robustness, retrieval, or a .toml file")
      ->required()
      ->type_name("NAME|FILE");
  command
      ->add_option("--model", request->models,
                   "models as for 'eval zeroshot', or NAME=MODEL; differences are to the first")
      ->required()
      ->expected(1, -1)
      ->type_name("MODEL...");
  add_weights_file_flags(*command, request->configuration, request->names);
  command
      ->add_option("--data-root", request->data_root,
                   "folder with a folder for each set: NAME, or CLIP_benchmark's wds_NAME")
      ->required()
      ->type_name("DIR");
  command->add_option("--output", request->output, "results, tables and report.html")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--feature-cache", request->feature_cache,
                   "where features of pictures are kept (default: features below --output; none: "
                   "they are not kept)")
      ->type_name("DIR|none");
  add_eval_compute_flags(*command, request->options, request->device);
  command->footer(
      "Sets that are not on disk are named with where they come from. A set that is done for the "
      "same weights and the same files is not done again, so a run that was stopped goes on. One "
      "bad set does not stop the others: it is named at the end, with exit code 1.\nExample:\n"
      "  clipwright eval suite --suite laclip15 --model base=logs/clip rewrites=logs/laclip "
      "--data-root sets --output laclip15");
  command->callback([request] {
    const eval::suite::SuiteOutcome outcome = eval::suite::run_suite(*request);
    const std::filesystem::path output = request->output;
    report::write_comparison_page(eval::suite::to_json(outcome), output / "report.html");
    std::fputs(read_file(output / "table.md").c_str(), stdout);
    if (const std::string failures = eval::suite::failures_in_words(outcome); !failures.empty())
      fail_running(failures);
  });
}

}  // namespace clipwright::cli::evaluation
