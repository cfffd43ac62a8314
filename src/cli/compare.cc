#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/commands.h"
#include "cli/evaluation/commands.h"
#include "core/error.h"
#include "eval/paired/compare_paths.h"
#include "eval/paired/tables.h"
#include "report/comparison_page.h"

namespace clipwright::cli {
namespace {

struct CompareFlags {
  eval::paired::CompareRequest request;
  std::string output;
};

void write_comparison(const eval::paired::Comparison& comparison, const std::string& output) {
  const std::string ending = std::filesystem::path(output).extension().string();
  if (ending == ".json") {
    evaluation::deliver(eval::paired::to_json(comparison).dump(1) + "\n", output);
  } else if (ending == ".csv") {
    evaluation::deliver(eval::paired::comparison_csv(comparison), output);
  } else if (ending == ".html") {
    report::write_comparison_page(eval::paired::to_json(comparison), output);
  } else {
    evaluation::deliver(eval::paired::to_markdown(comparison), output);
  }
}

}  // namespace

void add_compare_command(CLI::App& program) {
  auto flags = std::make_shared<CompareFlags>();
  CLI::App* command = program.add_subcommand(
      "compare", "paired differences of runs or result files, with 95 % intervals");
  command
      ->add_option("runs", flags->request.paths,
                   "result files, outputs of 'eval suite', folders of results or of runs that were "
                   "evaluated; NAME=PATH gives a name. Differences are to the first")
      ->type_name("PATH...");
  command
      ->add_option("--arm", flags->request.arms,
                   "NAME=RUN,RUN,...: runs of one recipe, the same seeds in the same order in each "
                   "arm; intervals then hold the spread between seeds. Several times")
      ->allow_extra_args(false)
      ->type_name("NAME=RUN,...");
  command->add_flag("--per-class", flags->request.options.per_class,
                    "which classes gained or lost most");
  command->add_option("--draws", flags->request.options.draws, "of the bootstrap")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--seed", flags->request.options.seed, "of the bootstrap")
      ->capture_default_str()
      ->type_name("N");
  command
      ->add_option("--output", flags->output,
                   "FILE.md, .csv, .json or .html; default: Markdown to standard output")
      ->type_name("FILE")
      ->check([](const std::string& file) {
        const std::string ending = std::filesystem::path(file).extension().string();
        return ending == ".md" || ending == ".csv" || ending == ".json" || ending == ".html"
                   ? std::string()
                   : "'" + file + "' ends in none of .md, .csv, .json and .html";
      });
  command->footer(
      "Which rewrite mode helps which class: one arm a mode, the plain captions first.\nExamples:\n"
      "  clipwright compare base.json ours.json --per-class\n"
      "  clipwright compare --arm clip=a0,a1,a2 --arm laclip=b0,b1,b2 --output compare.html");
  command->callback(
      [flags] { write_comparison(eval::paired::compare_paths(flags->request), flags->output); });
}

}  // namespace clipwright::cli
