#include <memory>

#include "cli/evaluation/commands.h"
#include "eval/knn.h"

namespace clipwright::cli::evaluation {

void add_eval_knn(CLI::App& eval) {
  struct KnnFlags {
    eval::KnnRequest request;
    std::string output;
  };
  auto flags = std::make_shared<KnnFlags>();
  eval::KnnRequest& request = flags->request;
  CLI::App* command = eval.add_subcommand(
      "knn", "classification by the nearest training pictures, without training anything");
  command->fallthrough();
  add_eval_split(*command, request.splits.train, "train", "to compare with");
  add_eval_split(*command, request.splits.test, "test", "to tell apart");
  add_eval_encoder(*command, request.splits, "pooled");
  command->add_option("--neighbours", request.options.neighbours, "rows that vote")
      ->capture_default_str();
  command
      ->add_option("--temperature", request.options.temperature,
                   "a row votes with exp(cosine / temperature)")
      ->capture_default_str();
  add_eval_compute_flags(*command, request.splits.options, request.splits.device);
  add_eval_output(*command, flags->output, "result in CLIP_benchmark's JSON schema");
  command->footer(
      "Examples:\n"
      "  clipwright eval knn --model logs/run --train-data dtd/train --test-data dtd/test\n"
      "  clipwright eval knn --train-features train.npy --train-labels train_y.npy "
      "--test-features test.npy --test-labels test_y.npy --neighbours 10");
  command->callback([flags] { deliver(eval::run_knn(flags->request), flags->output); });
}

}  // namespace clipwright::cli::evaluation
