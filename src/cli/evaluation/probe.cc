#include <memory>

#include "cli/evaluation/commands.h"
#include "eval/probe/run_probe.h"

namespace clipwright::cli::evaluation {
namespace {

struct ProbeFlags {
  eval::probe::ProbeRequest request;
  std::string output;
};

}  // namespace

void add_eval_probe(CLI::App& eval) {
  auto flags = std::make_shared<ProbeFlags>();
  CLI::App* command = eval.add_subcommand(
      "probe",
      "linear probe of features, by one of the published protocols: lp_acc1, lp_acc5, "
      "lp_mean_per_class_recall");
  command->fallthrough();
  eval::probe::ProbeRequest& request = flags->request;
  eval::probe::ProbeOptions& probe = request.probe;
  command
      ->add_option("--protocol", request.protocol,
                   "clip, synclr, lgssl, clip-benchmark or sgd (docs/evaluation/probe.md)")
      ->capture_default_str()
      ->type_name("NAME");
  add_eval_split(*command, request.splits.train, "train", "to train on");
  add_eval_split(*command, request.splits.validation, "val",
                 "to choose the penalty by (default: as the protocol says)");
  add_eval_split(*command, request.splits.test, "test", "to test on");
  add_eval_encoder(*command, request.splits, "the protocol's");
  command
      ->add_option("--select-by", request.select_by,
                   "accuracy or mean-per-class: what the penalty is chosen by")
      ->capture_default_str()
      ->type_name("METRIC");
  command->add_option("--seed", probe.seed, "of held-out rows, starting weights and order")
      ->capture_default_str();
  command->add_option("--max-iterations", probe.max_iterations,
                      "clip, synclr, lgssl: of a fit (1,000)");
  command->add_option("--epochs", probe.epochs,
                      "clip-benchmark, sgd: times over the rows (10 and 90)");
  command->add_option("--lr", probe.lr, "clip-benchmark: peak learning rate (0.1)");
  command->add_option("--batch-size", probe.batch_size,
                      "clip-benchmark, sgd: rows a step (64 and 1,024)");
  command->add_option("--fewshot-k", probe.fewshot_k,
                      "clip-benchmark: training rows kept of each class (-1: all)");
  command
      ->add_option("--base-lrs", probe.base_lrs,
                   "sgd: a head for each; the peak is times the batch / 256 (default: .001 to .5)")
      ->expected(1, 100)
      ->delimiter(',')
      ->type_name("LR...");
  command->add_flag("--batch-norm", probe.batch_norm,
                    "sgd: normalise features by the batch, without scale and shift");
  command
      ->add_option("--encode-batch-size", request.splits.options.batch_size,
                   "pictures at once; results do not depend on it")
      ->capture_default_str();
  command->add_option("--workers", request.splits.options.workers, "threads that decode pictures")
      ->capture_default_str();
  command->add_option("--device", request.splits.device, "cpu, cuda or cuda:N")
      ->capture_default_str();
  add_eval_output(*command, flags->output, "result in CLIP_benchmark's JSON schema");
  command->footer(
      "Examples:\n"
      "  clipwright eval probe --protocol clip --train-features train.npy --train-labels "
      "train_y.npy --test-features test.npy --test-labels test_y.npy\n"
      "  clipwright eval probe --protocol clip-benchmark --model logs/run --train-data "
      "wds_vtab-dtd/train --test-data wds_vtab-dtd/test --output dtd.json");
  command->callback([flags] { deliver(eval::probe::run_probe(flags->request), flags->output); });
}

}  // namespace clipwright::cli::evaluation
