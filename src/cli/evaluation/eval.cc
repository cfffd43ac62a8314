#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/evaluation/commands.h"
#include "cli/model_flags.h"
#include "cli/source_flags.h"
#include "core/file.h"
#include "eval/evaluate.h"

namespace clipwright::cli::evaluation {
namespace {

struct EvalFlags {
  eval::EvaluationRequest request;
  std::vector<std::string> files;
  std::string output;
};

void add_common(CLI::App& command, EvalFlags& flags) {
  eval::EvaluationRequest& request = flags.request;
  add_model_flags(command, request.model)->required();
  add_source_flags(command, request.data);
  add_eval_compute_flags(command, request.options, request.device);
  add_eval_output(command, flags.output, "result in CLIP_benchmark's JSON schema");
}

}  // namespace

void add_eval_zeroshot(CLI::App& eval) {
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* command = eval.add_subcommand(
      "zeroshot",
      "zero-shot classification with prompt templates: acc1, acc5, mean_per_class_recall");
  command->fallthrough();
  add_common(*command, *flags);
  command
      ->add_option("--set", flags->request.set,
                   "a published set, which gives class names, prompts and the names of class "
                   "folders: eurosat, imagenet_a, ... (docs/evaluation/zeroshot.md)")
      ->type_name("NAME");
  command
      ->add_option(
          "--templates", flags->request.templates,
          "7, 80, plain, set, clip_benchmark, or a file with a template a line, {c} for the "
          "class (default: the set's own, or 7)")
      ->type_name("NAME|FILE");
  command
      ->add_option("--label-key", flags->request.data.label_key,
                   "a table's column of labels, numbers or class names (default: label, class or "
                   "cls)")
      ->type_name("NAME");
  command
      ->add_option(
          "--classnames", flags->request.classnames,
          "a class name a line, in label order (default: the set's own, or the folders' names)")
      ->type_name("FILE");
  command
      ->add_option("--calibration", flags->request.calibration,
                   "also the expected calibration error, of scores times this: model for the "
                   "trained scale, or a number such as 100")
      ->type_name("model|SCALE");
  command
      ->add_option("--class-tokens", flags->request.class_tokens,
                   "average: the mean of a picture's embeddings by all class tokens that "
                   "multi-text trained; first: the model's own")
      ->type_name("first|average")
      ->capture_default_str();
  command->add_flag("--tokens", flags->request.tokens,
                    "compare patches with words by the heads that FILIP trained");
  command->footer(
      "Examples:\n"
      "  clipwright eval zeroshot --model logs/run/model --data wds_vtab-cifar10 --output "
      "cifar10.json\n"
      "  clipwright eval zeroshot --model logs/run --set imagenet_a --data imagenet-a\n"
      "  clipwright eval zeroshot --model logs/run --data pictures_by_class --templates 80");
  command->callback([flags] { deliver(eval::run_zeroshot(flags->request), flags->output); });
}

void add_eval_retrieval(CLI::App& eval) {
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* command = eval.add_subcommand(
      "retrieval", "image-text retrieval, several captions a picture: recall@k both ways");
  command->fallthrough();
  add_common(*command, *flags);
  command
      ->add_option("--recall-k", flags->request.recall_k,
                   "ranks up to which an answer counts (default: 1 5 10)")
      ->expected(1, 100)
      ->delimiter(',')
      ->type_name("K...");
  command
      ->add_option("--folds", flags->request.retrieval.folds,
                   "the mean over so many parts of the set, each ranked by itself (COCO 1K: 5)")
      ->capture_default_str();
  command
      ->add_option("--prompt", flags->request.retrieval.prompt,
                   "put before every caption, e.g. \"a photo of \" as CLIP's paper has it "
                   "(default: nothing, as CLIP_benchmark)")
      ->type_name("TEXT");
  command->footer(
      "Rows with the same picture are one picture with several captions.\nExamples:\n"
      "  clipwright eval retrieval --model logs/run/model --data coco_test_karpathy.json "
      "--image-root val2014\n"
      "  clipwright eval retrieval --model logs/run/model --data dataset_coco.json --split test "
      "--image-root coco --folds 5\n"
      "  clipwright eval retrieval --model logs/run/model --data test.csv --csv-separator , "
      "--recall-k 1 5 10");
  command->callback([flags] { deliver(eval::run_retrieval(flags->request), flags->output); });
}

void add_eval_build(CLI::App& eval) {
  auto flags = std::make_shared<EvalFlags>();
  CLI::App* command = eval.add_subcommand("build", "one CSV of many result files");
  command->fallthrough();
  command->add_option("files", flags->files, "result files, or folders of them")->required();
  add_eval_output(*command, flags->output, "the CSV");
  command->footer("Example:\n  clipwright eval build results/ --output benchmark.csv");
  command->callback([flags] { deliver(eval::build_results_csv(flags->files), flags->output); });
}

void add_eval_compute_flags(CLI::App& command, eval::EvalOptions& options, std::string& device) {
  command
      .add_option("--batch-size", options.batch_size,
                  "pictures or texts at once; results do not depend on it")
      ->capture_default_str();
  command.add_option("--workers", options.workers, "threads that decode pictures")
      ->capture_default_str();
  command.add_option("--device", device, "cpu, cuda or cuda:N")->capture_default_str();
}

void add_eval_split(CLI::App& command, eval::sets::LabelledSplit& split, const std::string& name,
                    const std::string& what) {
  command
      .add_option("--" + name + "-features", split.features,
                  what + ": .npy (N, D) in float32, float16 or float64")
      ->type_name("FILE");
  command.add_option("--" + name + "-labels", split.labels, what + ": .npy (N), classes from 0")
      ->type_name("FILE");
  command
      .add_option("--" + name + "-data", split.data.source,
                  what + ": pictures with classes, encoded by --model")
      ->type_name("SRC");
}

void add_eval_encoder(CLI::App& command, eval::sets::SplitsRequest& splits,
                      const std::string& usual) {
  add_model_flags(command, splits.model,
                  "a model as 'eval zeroshot' takes it: encodes the pictures");
  command
      .add_option("--features", splits.features,
                  "embedding (projected) or pooled (before the projection); default: " + usual)
      ->type_name("KIND");
  command
      .add_option("--classnames", splits.classnames,
                  "a class name a line, in label order, for pictures whose set has none")
      ->type_name("FILE");
}

void add_eval_output(CLI::App& command, std::string& output, const char* what) {
  command.add_option("--output", output, std::string(what) + "; default: standard output")
      ->type_name("FILE");
}

void deliver(const std::string& text, const std::string& output) {
  if (output.empty()) {
    std::fputs(text.c_str(), stdout);
  } else {
    write_file(output, text);
  }
}

void deliver(const eval::EvaluationRecord& record, const std::string& output) {
  if (output.empty()) {
    deliver(eval::to_json(record).dump(2) + "\n", output);
  } else {
    eval::write_result(output, record);
  }
}

}  // namespace clipwright::cli::evaluation

namespace clipwright::cli {

void add_eval_command(CLI::App& program) {
  CLI::App* eval = program.add_subcommand(
      "eval",
      "evaluate models: zero-shot, retrieval, probes, few-shot, selection, invariance, suites");
  eval->require_subcommand(1);
  evaluation::add_eval_zeroshot(*eval);
  evaluation::add_eval_retrieval(*eval);
  evaluation::add_eval_probe(*eval);
  evaluation::add_eval_knn(*eval);
  evaluation::add_eval_fewshot(*eval);
  evaluation::add_eval_selection(*eval);
  evaluation::add_eval_invariance(*eval);
  evaluation::add_eval_suite(*eval);
  evaluation::add_eval_build(*eval);
}

}  // namespace clipwright::cli
