#include <cstdio>
#include <memory>

#include "ablation/run_study.h"
#include "cli/commands.h"
#include "core/file.h"
#include "core/log.h"
#include "core/words.h"

namespace clipwright::cli {

void add_ablate_command(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "ablate", "the papers' ablations: matched runs that differ in one thing, over several seeds");
  struct Flags {
    std::string over, study, output = "ablation";
  };
  auto flags = std::make_shared<Flags>();
  command->add_option("study", flags->study, "what is trained and measured (TOML)")
      ->required()
      ->type_name("FILE.toml");
  command
      ->add_option(
          "--over", flags->over,
          "augmentation (none, EDA, back-translation, language model), rewrites (0 to 4), "
          "examples (whose the language model was shown), backbone, text-tower (from nothing, "
          "or an encoder that others trained, locked and tuned)")
      ->required()
      ->type_name("AXIS");
  command
      ->add_option(
          "--output", flags->output,
          "folder for runs, results, table.md and report.html; a second call goes on there")
      ->capture_default_str()
      ->type_name("DIR");
  command->footer(
      "The study names train = \"train.toml\" (settings of 'clipwright train', the same for every "
      "arm),\nsuite = \"suite.toml\" (what runs are measured by), seeds = [1, 2, 3], rewrites = "
      "[\"rewrites.jsonl\"],\nexamples = [\"chatgpt\", ...], backbones = [...] and text-towers = "
      "[\"all-MiniLM-L6-v2\"].\nExamples:\n"
      "  clipwright ablate --over augmentation study.toml --output ablation-augmentation\n"
      "  clipwright ablate --over backbone study.toml --output ablation-backbone");
  command->callback([flags] {
    const ablation::Axis axis = ablation::parse_axis(flags->over);
    const ablation::StudyResult result =
        ablation::run_study(ablation::read_study(flags->study), axis, flags->output);
    log_info(with_commas(static_cast<int64_t>(result.runs.size())) + " runs (" +
             with_commas(result.reused) + " of them done before); " + result.table.string());
    std::fputs(read_file(result.table).c_str(), stdout);
  });
}

}  // namespace clipwright::cli
