#include "bench/zeroshot_head.h"

#include <ATen/Parallel.h>

#include "core/error.h"
#include "core/npy.h"
#include "eval/sets/set_description.h"
#include "eval/zeroshot.h"
#include "models/load_model.h"

namespace clipwright::bench {

Measurement benchmark_zeroshot_head(const ZeroshotHeadBenchmark& options) {
  const eval::sets::SetDescription& set = eval::sets::find_set("imagenet1k");
  std::vector<std::string> names = set.classnames();
  if (options.classes < 1 || options.classes > static_cast<int64_t>(names.size()))
    fail_usage("--classes is " + std::to_string(options.classes), "1 to 1000");
  names.resize(static_cast<size_t>(options.classes));
  if (options.threads > 0) at::set_num_threads(options.threads);
  const std::shared_ptr<models::Clip> model = models::load_model(options.model);
  Measurement measurement;
  measurement.name = "zeroshot-head";
  measurement.mode = std::to_string(names.size()) + " classes x " +
                     std::to_string(set.templates.size()) + " prompts";
  measurement.unit = "prompts/s";
  const double prompts = static_cast<double>(names.size() * set.templates.size());
  Tensor classifier;
  for (int run = 0; run < options.warmup + options.runs; ++run) {
    const double seconds = seconds_of([&] {
      classifier = eval::zeroshot_classifier(*model, names, set.templates,
                                             {.batch_size = options.batch_size});
    });
    if (run >= options.warmup) measurement.runs.push_back(prompts / seconds);
  }
  if (!options.output.empty()) {
    const Tensor rows = classifier.contiguous();
    write_npy(options.output,
              std::span<const float>(rows.data_ptr<float>(), static_cast<size_t>(rows.numel())),
              rows.sizes().vec());
  }
  measurement.check = {{"prompts", static_cast<int64_t>(prompts)}, {"file", options.output}};
  return measurement;
}

}  // namespace clipwright::bench
