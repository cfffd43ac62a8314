#include "bench/probe_fit.h"

#include <cstdio>
#include <optional>

#include "core/random.h"
#include "eval/feature_set.h"
#include "eval/probe/logistic_regression.h"
#include "tensor/device.h"

namespace clipwright::bench {
namespace {

namespace probe = eval::probe;

/// Classes around centres nearer to each other than their rows spread, in dimensions whose
/// variances fall as those of a model's features do.
eval::FeatureSet made_up_features(const ProbeBenchmark& options) {
  torch::manual_seed(0);
  eval::FeatureSet set;
  set.source = "made-up features";
  for (int64_t i = 0; i < options.rows; ++i) {
    Random random(0, "benchmark-probe", 0, static_cast<uint64_t>(i));
    set.labels.push_back(i < options.classes ? i
                                             : static_cast<int64_t>(random.below(
                                                   static_cast<uint64_t>(options.classes))));
  }
  const Tensor spread = at::arange(1, options.width + 1, torch::kFloat32).pow(-0.5);
  const Tensor centres = torch::randn({options.classes, options.width}) * spread;
  set.rows = centres.index_select(0, torch::tensor(set.labels, torch::kInt64)) +
             1.5 * torch::randn({options.rows, options.width}) * spread + 0.1;
  return set;
}

}  // namespace

std::vector<Measurement> benchmark_probe(const ProbeBenchmark& options) {
  tensor::set_compute_threads(options.threads);
  const eval::FeatureSet set = options.features.empty()
                                   ? made_up_features(options)
                                   : eval::read_feature_set(options.features, options.labels);
  const probe::KnownClasses known(set);
  const std::vector<int64_t> classes = known.indices(set.labels);
  char size[96];
  std::snprintf(size, sizeof size, "%lld rows, %lld numbers, %lld classes",
                static_cast<long long>(set.size()), static_cast<long long>(set.width()),
                static_cast<long long>(known.size()));
  Measurement one{.name = "probe", .mode = std::string(size) + ": one fit", .unit = "s"};
  Measurement more{.name = "probe", .mode = std::string(size) + ": a further penalty", .unit = "s"};
  const auto in_their_form = [&](const probe::LogisticFit& fit, double c) {
    return fit.objective * c * static_cast<double>(set.size());
  };
  for (int run = 0; run < options.runs; ++run) {
    std::optional<probe::LogisticProblem> problem;
    probe::LogisticFit fit;
    one.runs.push_back(seconds_of([&] {
      problem.emplace(set.rows, classes, known.size());
      fit = problem->fit(probe::inverse_strength(options.c, set.size()));
    }));
    one.check["objective"] = in_their_form(fit, options.c);
    one.check["iterations"] = fit.iterations;
    one.check["evaluations"] = fit.evaluations;
    constexpr double kSteps[] = {2, 0.5, 0.25};
    more.runs.push_back(seconds_of([&] {
                          for (const double step : kSteps) {
                            fit = problem->fit(
                                probe::inverse_strength(options.c * step, set.size()), fit.start);
                          }
                        }) /
                        3);
    more.check["objective"] = in_their_form(fit, options.c * kSteps[2]);
  }
  return {one, more};
}

}  // namespace clipwright::bench
