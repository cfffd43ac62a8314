#include <cstdio>
#include <memory>

#include "bench/audit_rate.h"
#include "bench/data_path.h"
#include "bench/filip_step.h"
#include "bench/ledger_rate.h"
#include "bench/probe_fit.h"
#include "bench/queue_search.h"
#include "bench/train_step.h"
#include "bench/zeroshot_head.h"
#include "cli/commands.h"
#include "cli/model_flags.h"
#include "core/error.h"

namespace clipwright::cli {
namespace {

constexpr int kLargestSide = 4096;

struct BenchFlags {
  std::string only, output = "md", folder, recipe = "openai", view = "mocov2", captions;
  int size = 224;
  int64_t rows = 1'000'000;
  bench::TrainStepBenchmark step;
  bench::FilipBenchmark filip;
  bench::ProbeBenchmark probe;
  bench::ZeroshotHeadBenchmark head;
};

/// A benchmark that is named and lacks its input would print an empty table.
void check_flags(const BenchFlags& flags) {
  const bool pictures = flags.only == "images" || flags.only == "views";
  if (pictures && flags.folder.empty())
    fail_usage("--only " + flags.only + " has no pictures to read", "--images FOLDER");
  if (flags.only == "tokenizer" && flags.captions.empty())
    fail_usage("--only tokenizer has no captions to read", "--captions FILE");
  if (flags.probe.features.empty() != flags.probe.labels.empty())
    fail_usage("--probe-features and --probe-labels do not come together", "both or none");
  if (flags.size < 1 || flags.size > kLargestSide)
    fail_usage("--size is " + std::to_string(flags.size),
               "a side of 1 to " + std::to_string(kLargestSide) + " pixels");
}

void run_bench(const BenchFlags& flags) {
  check_flags(flags);
  const auto wanted = [&](const char* name) { return flags.only.empty() || flags.only == name; };
  std::vector<bench::Measurement> measurements;
  if (wanted("train-step")) measurements.push_back(bench::benchmark_train_step(flags.step));
  if (wanted("images") && !flags.folder.empty())
    measurements.push_back(
        bench::benchmark_images(flags.folder, flags.recipe, flags.size, flags.step.runs));
  if (wanted("views") && !flags.folder.empty())
    measurements.push_back(
        bench::benchmark_views(flags.folder, flags.view, flags.size, flags.step.runs));
  if (wanted("tokenizer") && !flags.captions.empty())
    measurements.push_back(bench::benchmark_tokenizer(flags.captions, flags.step.runs));
  if (wanted("audit")) {
    for (bench::Measurement& measurement : bench::benchmark_audit(flags.step.runs))
      measurements.push_back(std::move(measurement));
  }
  // Gigabytes of memory for the form it is compared with: only when it is asked for.
  if (flags.only == "filip") {
    bench::FilipBenchmark filip = flags.filip;
    filip.runs = flags.step.runs;
    filip.threads = flags.step.threads;
    for (bench::Measurement& measurement : bench::benchmark_filip(filip))
      measurements.push_back(std::move(measurement));
  }
  if (flags.only == "queue-search") {
    for (bench::Measurement& measurement :
         bench::benchmark_queue_search({.pairs = flags.step.batch_size,
         .runs = flags.step.runs,
         .threads = flags.step.threads}))
      measurements.push_back(std::move(measurement));
  }
  if (flags.only == "probe") {
    bench::ProbeBenchmark probe = flags.probe;
    probe.runs = flags.step.runs;
    probe.threads = flags.step.threads;
    for (bench::Measurement& measurement : bench::benchmark_probe(probe))
      measurements.push_back(std::move(measurement));
  }
  // Minutes with a model of full size: the same.
  if (flags.only == "zeroshot-head") {
    bench::ZeroshotHeadBenchmark head = flags.head;
    head.model = flags.step.model;
    head.runs = flags.step.runs;
    head.threads = flags.step.threads;
    measurements.push_back(bench::benchmark_zeroshot_head(head));
  }
  // Minutes and a few hundred megabytes of disk: the same.
  if (flags.only == "ledger") {
    for (bench::Measurement& measurement : bench::benchmark_ledger(flags.rows, flags.step.runs))
      measurements.push_back(std::move(measurement));
  }
  std::fputs(bench::format_measurements(measurements, flags.output).c_str(), stdout);
}

}  // namespace

void add_bench_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "bench",
      "measure this machine: training step, picture path, "
      "augmented views, tokenizer, audit, ledger, FILIP's loss, search in DeCLIP's queue, "
      "linear probe, zero-shot classifier");
  auto flags = std::make_shared<BenchFlags>();
  app->add_option(
         "--only", flags->only,
         "one benchmark; ledger, filip, queue-search, probe and zeroshot-head run only when "
         "they are named")
      ->check(CLI::IsMember({"train-step", "images", "views", "tokenizer", "audit", "ledger",
                             "filip", "queue-search", "probe", "zeroshot-head"}));
  app->add_option("--output", flags->output, "format on stdout")
      ->check(CLI::IsMember({"md", "csv", "json"}))
      ->capture_default_str();
  app->add_option("--runs", flags->step.runs, "measured runs of each")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--warmup", flags->step.warmup, "runs before them")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app->add_option("--threads", flags->step.threads, "threads of the training step (0: all)")
      ->capture_default_str();
  add_model_flags(*app, flags->step.model,
                  "train-step, zeroshot-head: architecture, or a model as 'embed' takes it")
      ->capture_default_str();
  app->add_option("--batch-size", flags->step.batch_size,
                  "train-step, queue-search: pairs a step (without --images-file)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--text-slots", flags->step.text_slots,
                  "train-step: texts a pair (without --texts)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--objective", flags->step.objective,
                  "train-step: preset (default: clip, or laclip-mt with several texts)");
  app->add_option("--images-file", flags->step.images, "train-step: uint8 .npy (N, 3, S, S)");
  app->add_option("--texts", flags->step.texts,
                  "train-step: one file a text slot, a caption a line");
  app->add_option("--images", flags->folder, "images, views: folder of pictures");
  app->add_option("--view", flags->view, "views: recipe of both views of a picture")
      ->capture_default_str();
  app->add_option("--filip-pairs", flags->filip.pairs, "filip: pairs, and twice as many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--probe-features", flags->probe.features,
                  "probe: .npy (N, D) (default: made up, 10,000 rows of 512 in 100 classes)")
      ->type_name("FILE");
  app->add_option("--probe-labels", flags->probe.labels, "probe: .npy (N)")->type_name("FILE");
  app->add_option("--probe-c", flags->probe.c, "probe: scikit-learn's C")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--classes", flags->head.classes,
                  "zeroshot-head: the first of ImageNet's classes, each with 80 prompts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app->add_option("--head-file", flags->head.output, "zeroshot-head: the classifier as .npy")
      ->type_name("FILE");
  app->add_option("--recipe", flags->recipe, "images: recipe of the training transform")
      ->capture_default_str();
  app->add_option("--size", flags->size, "images: side in pixels")->capture_default_str();
  app->add_option("--captions", flags->captions, "tokenizer: a caption a line");
  app->add_option("--rows", flags->rows,
                  "ledger: captions of the job, written to $TMPDIR or /tmp, about 400 bytes each")
      ->check(CLI::PositiveNumber)
      ->type_name("N")
      ->capture_default_str();
  app->footer(
      "Examples:\n  clipwright bench --only train-step --model ViT-B-32 --batch-size 64\n  "
      "clipwright bench --only tokenizer --captions captions.txt --output json\n"
      "  clipwright bench --only ledger --rows 1000000 --runs 3\n"
      "./run bench measures the peers beside it and writes docs/benchmarks.md.");
  app->callback([flags] { run_bench(*flags); });
}

}  // namespace clipwright::cli
