#include "eval/invariance/invariance.h"

#include <memory>

#include "cli/commands.h"
#include "cli/evaluation/commands.h"
#include "cli/model_flags.h"
#include "cli/source_flags.h"

namespace clipwright::cli::evaluation {
namespace {

struct InvarianceFlags {
  eval::invariance::InvarianceRequest request;
  std::string output;
};

}  // namespace

void add_eval_invariance(CLI::App& eval) {
  auto flags = std::make_shared<InvarianceFlags>();
  eval::invariance::InvarianceRequest& request = flags->request;
  CLI::App* command = eval.add_subcommand(
      "invariance", "does meaning survive other words, and is a change of meaning noticed?");
  command->fallthrough();
  add_model_flags(*command, request.model)->required();
  add_source_flags(*command, request.data);
  command
      ->add_option("--by", request.by,
                   "captions: retrieval | classes: zero-shot classification | auto: classes where "
                   "the pictures have labels and there is no --rewrites")
      ->capture_default_str()
      ->type_name("NAME");
  command
      ->add_option("--rewrites", request.rewrites,
                   "the captions in other words: .jsonl of 'clipwright rewrite', .parquet, or .txt "
                   "with a rewrite a line (default: restyled by rules)")
      ->type_name("FILE...");
  command
      ->add_option("--keep-if", request.keep_if,
                   "which rewrites are taken to say what their captions say")
      ->capture_default_str()
      ->type_name("CONDITION");
  command
      ->add_option("--templates", request.templates,
                   "7, 80, plain, or a file with a template a line, {c} for the class (default: "
                   "the set's own, or 7)")
      ->type_name("NAME|FILE");
  command
      ->add_option("--classnames", request.classnames,
                   "a class name a line, in label order (default: the set's own, or the folders')")
      ->type_name("FILE");
  command
      ->add_option("--synonyms", request.synonyms,
                   "other names of the classes: wordnet, none, or a file with a line a class in "
                   "label order, names separated by tabs")
      ->capture_default_str()
      ->type_name("NAME|FILE");
  command
      ->add_option("--reworded-templates", request.reworded_templates,
                   "other templates to compare with: 7, 80, plain, or a file")
      ->type_name("NAME|FILE");
  command->add_option("--seed", request.seed, "of what is damaged and restyled, and how")
      ->capture_default_str();
  add_eval_compute_flags(*command, request.options, request.device);
  add_eval_output(*command, flags->output,
                  "result in CLIP_benchmark's JSON schema, with a table a rewording, damage and "
                  "class");
  command->footer(
      "Examples:\n"
      "  clipwright eval invariance --model logs/run --data test.csv --rewrites "
      "test.rewrites.jsonl\n"
      "  clipwright eval invariance --model logs/run --data pictures_by_class --templates plain "
      "--reworded-templates 7");
  command->callback([flags] {
    deliver(
        eval::invariance::to_json(eval::invariance::run_invariance(flags->request)).dump(2) + "\n",
        flags->output);
  });
}

}  // namespace clipwright::cli::evaluation
