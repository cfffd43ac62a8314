#include "bench/probe_fit.h"

#include <cstdio>
#include <iterator>
#include <optional>

#include "core/error.h"
#include "core/random.h"
#include "eval/feature_set.h"
#include "eval/probe/logistic_regression.h"
#include "eval/probe/trained_heads.h"
#include "tensor/device.h"

namespace clipwright::bench {
namespace {

namespace probe = eval::probe;

// Ours and the peer's fits count as done when they come this near to the least objective.
constexpr double kNear = 1e-4;
constexpr double kSmallestGain = 1e-5;

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

/// CLIP_benchmark's probe with its defaults and without weight decay. `check`: the mean cross
/// entropy and the share of right answers on the rows it was trained on, which another order of the
/// batches changes little.
Measurement by_adamw(const ProbeBenchmark& options, const std::string& size, const Tensor& rows,
                     const std::vector<int64_t>& classes, int64_t count) {
  Measurement measured{
      .name = "probe", .mode = size + ": AdamW, 10 epochs of batch 64", .unit = "s"};
  for (int run = 0; run < options.runs; ++run) {
    probe::LinearHead head;
    measured.runs.push_back(seconds_of([&] {
      head = probe::train_adamw(rows, classes, probe::uniform_start(count, rows.size(1), 0), {});
    }));
    const Tensor scores = head.scores(rows), labels = torch::tensor(classes, torch::kInt64);
    measured.check["cross_entropy"] = at::cross_entropy_loss(scores, labels).item<double>();
    measured.check["acc1"] = scores.argmax(1).eq(labels).to(torch::kFloat64).mean().item<double>();
  }
  return measured;
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
  constexpr double kSteps[] = {2, 0.5, 0.25};
  const auto penalty = [&](double c) { return probe::inverse_strength(c, set.size()); };
  // What all sides must come near to: fitted as a probe is, which takes longer than 1e-4 needs.
  const probe::LogisticProblem exact(set.rows, classes, known.size());
  one.check["objective"] = in_their_form(exact.fit(penalty(options.c)), options.c);
  more.check["fits"] = Json::array();
  for (const double step : kSteps) {
    const double c = options.c * step;
    more.check["fits"].push_back(
        {{"c", c}, {"objective", in_their_form(exact.fit(penalty(c)), c)}});
  }
  const auto check_near = [](double reached, const Json& least) {
    CW_CHECK(reached <= least.get<double>() * (1 + kNear), "the fit stopped short of its minimum");
  };
  for (int run = 0; run < options.runs; ++run) {
    std::optional<probe::LogisticProblem> problem;
    probe::LogisticFit fit;
    one.runs.push_back(seconds_of([&] {
      problem.emplace(set.rows, classes, known.size(),
                      probe::LogisticOptions{.smallest_gain = kSmallestGain});
      fit = problem->fit(penalty(options.c));
    }));
    check_near(in_their_form(fit, options.c), one.check["objective"]);
    one.check["iterations"] = fit.iterations;
    one.check["evaluations"] = fit.evaluations;
    double seconds = 0;
    for (const Json& one_fit : more.check["fits"]) {
      const auto c = one_fit["c"].get<double>();
      seconds += seconds_of([&] { fit = problem->fit(penalty(c), fit.start); });
      check_near(in_their_form(fit, c), one_fit["objective"]);
    }
    more.runs.push_back(seconds / std::size(kSteps));
  }
  return {one, more, by_adamw(options, size, set.rows, classes, known.size())};
}

}  // namespace clipwright::bench
