#include "bench/queue_search.h"

#include "core/error.h"
#include "losses/features.h"
#include "losses/terms/text_queue.h"
#include "tensor/device.h"

namespace clipwright::bench {

std::vector<Measurement> benchmark_queue_search(const QueueSearchBenchmark& options) {
  tensor::set_compute_threads(options.threads);
  torch::manual_seed(0);
  const torch::NoGradGuard no_grad;
  const Tensor queue = losses::unit_rows(torch::randn({options.queue, options.width}));
  const Tensor texts = losses::unit_rows(torch::randn({2 * options.pairs, options.width}));
  Measurement measured{
      .name = "queue-search",
      .mode = std::to_string(2 * options.pairs) + " texts among " + std::to_string(options.queue),
      .unit = "s"};
  losses::terms::NearestRows found;
  for (int run = 0; run < options.runs; ++run) {
    measured.runs.push_back(seconds_of([&] { found = losses::terms::nearest_rows(queue, texts); }));
  }
  const Tensor all = at::matmul(texts, queue.t()).argmax(1, /*keepdim=*/true);
  const double equal = found.rows.eq(all).to(torch::kFloat64).mean().item<double>();
  CW_CHECK(equal == 1, "the search finds other neighbours than the whole matrix of products has");
  measured.check["equal"] = equal;
  return {measured};
}

}  // namespace clipwright::bench
