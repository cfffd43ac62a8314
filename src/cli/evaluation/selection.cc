#include <memory>

#include "cli/commands.h"
#include "cli/evaluation/commands.h"
#include "cli/model_flags.h"
#include "core/words.h"
#include "eval/selection/selection.h"

namespace clipwright::cli::evaluation {

void add_eval_selection(CLI::App& eval) {
  struct Flags {
    eval::selection::SelectionRequest request;
    std::string output;
  };
  auto flags = std::make_shared<Flags>();
  eval::selection::SelectionRequest& request = flags->request;
  CLI::App* command =
      eval.add_subcommand("selection", "true caption or a near miss: Winoground, SugarCrepe, ARO");
  command->fallthrough();
  add_model_flags(*command, request.model)->required();
  command
      ->add_option("--data", request.data,
                   "the test's .json or .jsonl, or a folder with its files (SugarCrepe: all seven)")
      ->required()
      ->type_name("FILE|DIR");
  command
      ->add_option("--image-root", request.image_root,
                   "where picture paths start (default: images or val2017 beside the file, else "
                   "its folder)")
      ->type_name("DIR");
  command->add_option("--layout", request.layout, listed(eval::selection::layout_names(), " or "))
      ->capture_default_str()
      ->type_name("NAME");
  command
      ->add_option("--ties", request.ties,
                   "strict: a tie is wrong; published: as the test's own script; clip-benchmark: "
                   "argmax, the true one first")
      ->capture_default_str()
      ->type_name("RULE");
  add_eval_compute_flags(*command, request.options, request.device);
  add_eval_output(*command, flags->output, "result in CLIP_benchmark's JSON schema");
  command->footer(
      "Examples:\n"
      "  clipwright eval selection --model logs/run/model --data sugar-crepe/data --image-root "
      "val2017\n"
      "  clipwright eval selection --model logs/run/model --data visual_genome_relation.json "
      "--ties published");
  command->callback(
      [flags] { deliver(eval::selection::run_selection(flags->request), flags->output); });
}

}  // namespace clipwright::cli::evaluation
