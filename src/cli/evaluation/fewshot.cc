#include <memory>

#include "cli/evaluation/commands.h"
#include "eval/fewshot/fewshot.h"

namespace clipwright::cli::evaluation {
namespace {

struct FewshotFlags {
  eval::fewshot::FewshotRequest request;
  std::string output;
};

}  // namespace

void add_eval_fewshot(CLI::App& eval) {
  auto flags = std::make_shared<FewshotFlags>();
  eval::fewshot::FewshotRequest& request = flags->request;
  CLI::App* command = eval.add_subcommand(
      "fewshot", "accuracy from a few pictures of each class, by one of the published protocols");
  command->fallthrough();
  command
      ->add_option("--protocol", request.protocol,
                   "lgssl, ssl-transfer: nearest prototype over many episodes | coop: a linear "
                   "probe (docs/evaluation/fewshot.md)")
      ->capture_default_str()
      ->type_name("NAME");
  add_eval_split(*command, request.splits.train, "train", "to learn from");
  add_eval_split(*command, request.splits.validation, "val",
                 "coop: to choose C by (default: training rows that are left)");
  add_eval_split(*command, request.splits.test, "test", "to tell apart");
  add_eval_encoder(*command, request.splits, "the protocol's");
  command->add_option("--episodes", request.episodes, "tasks (lgssl 5000, ssl-transfer 600)");
  command->add_option("--ways", request.ways, "classes an episode (5)");
  command
      ->add_option("--shots", request.shots,
                   "rows a class to learn from (5; coop: several, 1 2 4 8 16)")
      ->expected(1, 100)
      ->delimiter(',')
      ->type_name("K...");
  command->add_option("--queries", request.queries,
                      "rows a class to tell apart in an episode (lgssl 6, ssl-transfer 15)");
  command->add_option("--seeds,--seed", request.seeds, "of what is drawn (0; coop: several, 1 2 3)")
      ->expected(1, 100)
      ->delimiter(',')
      ->type_name("SEED...");
  add_eval_compute_flags(*command, request.splits.options, request.splits.device);
  add_eval_output(*command, flags->output, "result in CLIP_benchmark's JSON schema");
  command->footer(
      "Examples:\n"
      "  clipwright eval fewshot --protocol lgssl --train-features train.npy --train-labels "
      "train_y.npy --test-features test.npy --test-labels test_y.npy\n"
      "  clipwright eval fewshot --protocol coop --model logs/run --train-data dtd/train "
      "--val-data "
      "dtd/val --test-data dtd/test --output dtd.json");
  command->callback(
      [flags] { deliver(eval::fewshot::run_fewshot(flags->request), flags->output); });
}

}  // namespace clipwright::cli::evaluation
