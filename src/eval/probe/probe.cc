#include "eval/probe/probe.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "eval/probe/splits.h"
#include "eval/probe/trained_heads.h"

namespace clipwright::eval::probe {
namespace {

constexpr int kAdamWEpochs = 10, kSgdEpochs = 90, kLbfgsIterations = 1000;
constexpr int64_t kAdamWBatch = 64, kSgdBatch = 1024;
constexpr double kAdamWRate = 0.1;
const std::vector<double> kSgdRates = {.001, .002, .005, .01, .02, .05, .1, .2, .3, .5};
// CLIP_benchmark tells of the best five only where a label reaches five.
constexpr int64_t kLabelForFive = 5;

int epochs_of(const ProbeOptions& options) {
  if (options.protocol.solver == Solver::kLbfgs) return 0;
  return options.epochs.value_or(options.protocol.solver == Solver::kAdamW ? kAdamWEpochs
                                                                           : kSgdEpochs);
}

int64_t batch_of(const ProbeOptions& options) {
  return options.batch_size.value_or(options.protocol.solver == Solver::kAdamW ? kAdamWBatch
                                                                               : kSgdBatch);
}

int iterations_of(const ProbeOptions& options) {
  return options.max_iterations.value_or(kLbfgsIterations);
}

const std::vector<double>& rates_of(const ProbeOptions& options) {
  return options.base_lrs.empty() ? kSgdRates : options.base_lrs;
}

int64_t few_of(const ProbeOptions& options) { return options.fewshot_k.value_or(-1); }

/// A setting that a protocol passed over would look like one that makes no difference.
void refuse_what_is_not_read(const ProbeOptions& options) {
  const struct {
    std::string flag;
    bool given;
    std::vector<Solver> readers;
  } settings[] = {
      {"--max-iterations", options.max_iterations.has_value(), {Solver::kLbfgs}},
      {"--epochs", options.epochs.has_value(), {Solver::kAdamW, Solver::kSgd}},
      {"--batch-size", options.batch_size.has_value(), {Solver::kAdamW, Solver::kSgd}},
      {"--lr", options.lr.has_value(), {Solver::kAdamW}},
      {"--fewshot-k", options.fewshot_k.has_value(), {Solver::kAdamW}},
      {"--base-lrs", !options.base_lrs.empty(), {Solver::kSgd}},
      {"--batch-norm", options.batch_norm, {Solver::kSgd}},
  };
  for (const auto& setting : settings) {
    const auto reads = [&](Solver solver) {
      return std::find(setting.readers.begin(), setting.readers.end(), solver) !=
             setting.readers.end();
    };
    if (!setting.given || reads(options.protocol.solver)) continue;
    std::vector<std::string> names;
    for (const Protocol& protocol : protocols()) {
      if (reads(protocol.solver)) names.push_back(protocol.name);
    }
    fail_usage(setting.flag + " was given with --protocol " + options.protocol.name +
                   ", which does not read it",
               "--protocol " + listed(names, " or "),
               setting.flag == "--fewshot-k"
                   ? "For other few-shot protocols there is 'clipwright eval fewshot'."
                   : "");
  }
}

void check(const ProbeOptions& options) {
  refuse_what_is_not_read(options);
  const auto from_one = [](const char* flag, const auto& value) {
    if (value && *value < 1)
      fail_usage(std::string(flag) + " is " + std::to_string(*value), "a whole number from 1");
  };
  from_one("--max-iterations", options.max_iterations);
  from_one("--epochs", options.epochs);
  from_one("--batch-size", options.batch_size);
  if (few_of(options) == 0 || few_of(options) < -1)
    fail_usage("--fewshot-k is " + std::to_string(few_of(options)), "at least 1, or -1 for all");
  std::vector<double> rates = rates_of(options);
  if (options.lr) rates.push_back(*options.lr);
  if (std::any_of(rates.begin(), rates.end(),
                  [](double lr) { return !(lr > 0) || !std::isfinite(lr); }))
    fail_usage("a learning rate is not positive", "numbers above 0");
}

/// Features as a protocol sees them: of unit length, or with mean zero and deviation one per
/// dimension by the rows that are trained on.
class Preparation {
 public:
  Preparation(const Protocol& protocol, const Tensor& trained)
      : unit_length_(protocol.unit_length) {
    if (!protocol.standardized) return;
    const Tensor rows = trained.to(torch::kFloat64);
    mean_ = rows.mean(0, /*keepdim=*/true);
    const Tensor deviation = rows.std(0, /*unbiased=*/false, /*keepdim=*/true);
    // A dimension that never varies becomes zero instead of 0 / 0.
    factor_ = at::where(deviation > 0, deviation.reciprocal(), at::zeros_like(deviation));
  }
  Tensor apply(const Tensor& rows) const {
    Tensor out = unit_length_ ? unit_rows(rows) : rows;
    if (mean_.defined()) out = ((out - mean_) * factor_).to(torch::kFloat32);
    return out;
  }

 private:
  bool unit_length_;
  Tensor mean_, factor_;
};

/// A training set as the protocol prepares it, and what it is measured on.
class Fitting {
 public:
  Fitting(const FeatureSet& train, const FeatureSet& tested, const ProbeOptions& options)
      : options_(options),
        known_(train),
        prepared_(options.protocol, train.rows),
        rows_(prepared_.apply(train.rows)),
        classes_(known_.indices(train.labels)),
        tested_rows_(prepared_.apply(tested.rows)),
        tested_classes_(known_.indices(tested.labels)),
        tested_labels_(tested.labels) {}

  const KnownClasses& known() const { return known_; }

  /// The strength in the protocol's words.
  LinearHead head(double strength) {
    if (options_.protocol.solver == Solver::kAdamW) {
      return train_adamw(rows_, classes_,
                         uniform_start(known_.size(), rows_.size(1), options_.seed),
                         {.epochs = epochs_of(options_),
                          .lr = options_.lr.value_or(kAdamWRate),
                          .batch_size = batch_of(options_),
                          .weight_decay = strength,
                          .seed = options_.seed,
                          .device = options_.device});
    }
    if (!problem_) {
      problem_.emplace(rows_, classes_, known_.size(),
                       LogisticOptions{.max_iterations = iterations_of(options_),
                                       .one_row_for_two = options_.protocol.one_row_for_two,
                                       .device = options_.device});
    }
    const double c = options_.protocol.grid_of_c ? strength : 1 / strength;
    const LogisticFit fit = problem_->fit(options_.protocol.form == PenaltyForm::kNorm
                                              ? Penalty{PenaltyForm::kNorm, 1 / c}
                                              : inverse_strength(c, rows_.size(0)),
                                          nearest_start(c));
    if (!fit.converged && fit.iterations >= iterations_of(options_)) ++unfinished_;
    starts_.emplace_back(c, fit.start);
    objective_ = fit.objective;
    return fit.head;
  }
  std::vector<LinearHead> heads() const {
    return train_sgd(rows_, classes_, known_.size(),
                     {.epochs = epochs_of(options_),
                      .base_lrs = rates_of(options_),
                      .batch_size = batch_of(options_),
                      .batch_norm = options_.batch_norm,
                      .seed = options_.seed,
                      .device = options_.device});
  }
  ProbeScore score(const LinearHead& head) const {
    return score_head(head, tested_rows_, tested_classes_, tested_labels_);
  }
  double chosen_score(const LinearHead& head) const {
    const ProbeScore found = score(head);
    return options_.by_class ? found.mean_per_class_recall : found.acc1;
  }
  double objective() const { return objective_; }
  int unfinished() const { return unfinished_; }

 private:
  /// The weights at the nearest penalty that was fitted before.
  Tensor nearest_start(double c) const {
    const auto nearest =
        std::min_element(starts_.begin(), starts_.end(), [&](const auto& a, const auto& b) {
          return std::abs(std::log(a.first / c)) < std::abs(std::log(b.first / c));
        });
    return nearest == starts_.end() ? Tensor() : nearest->second;
  }

  const ProbeOptions& options_;
  KnownClasses known_;
  Preparation prepared_;
  Tensor rows_;
  std::vector<int64_t> classes_;
  Tensor tested_rows_;
  std::vector<int64_t> tested_classes_, tested_labels_;
  std::optional<LogisticProblem> problem_;
  std::vector<std::pair<double, Tensor>> starts_;
  double objective_ = 0;
  int unfinished_ = 0;
};

std::string penalty_name(const Protocol& protocol) {
  if (protocol.solver == Solver::kSgd) return "lr";
  return protocol.grid_of_c ? "C" : "weight_decay";
}

int trials(const Protocol& protocol) {
  if (protocol.search == Search::kAll) return protocol.points;
  const int rounds = protocol.search == Search::kAroundPeak ? 4 : 5;
  return 7 + 2 * rounds;  // about: seven coarse values, then two beside the best a round
}

SearchResult search_penalty(const Protocol& protocol, const ScorePenalty& score) {
  Progress progress("penalties", trials(protocol));
  int64_t done = 0;
  const ScorePenalty counted = [&](double penalty) {
    const double found = score(penalty);
    progress.update(std::min<int64_t>(++done, trials(protocol)));
    return found;
  };
  if (protocol.search == Search::kAll)
    return search_all(logspace(protocol.first, protocol.last, protocol.points), counted);
  if (protocol.search == Search::kAroundPeak)
    return search_around_peak(logspace(protocol.first, protocol.last, protocol.points),
                              protocol.stride, counted);
  return search_by_quarters(logspace(protocol.first, protocol.last, 7), protocol.points, counted);
}

void warn_of_unknown(const FeatureSet& tested, const KnownClasses& known, const char* what) {
  const std::vector<int64_t> classes = known.indices(tested.labels);
  const auto first = std::find(classes.begin(), classes.end(), -1);
  if (first == classes.end()) return;
  log_warning(with_commas(std::count(classes.begin(), classes.end(), -1)) + " of " +
              with_commas(tested.size()) + " " + what +
              " rows have a class that no training row has, such as label " +
              std::to_string(tested.labels[static_cast<size_t>(first - classes.begin())]) +
              ": they count as wrong");
}

FeatureSet held_out(FeatureSet& train, const ProbeOptions& options) {
  const bool each_class = options.protocol.hold_out == HoldOut::kEachClass;
  auto [kept, held] = hold_out(train, options.protocol.hold_out_share, each_class, options.seed);
  log_info("no validation rows: " + percent(options.protocol.hold_out_share, 0) + " of " +
           (each_class ? "each class" : "the training rows, at random,") + " held out (" +
           with_commas(held.size()) + " rows, seed " + std::to_string(options.seed) + ")");
  train = std::move(kept);
  return std::move(held);
}

}  // namespace

ProbeOutcome run_protocol(FeatureSet train, FeatureSet validation, const FeatureSet& test,
                          const ProbeOptions& options) {
  check(options);
  const torch::NoGradGuard no_grad;
  const Protocol& protocol = options.protocol;
  if (test.size() == 0) fail_input(test.source + ": has no rows", "rows to test on");
  check_same_width(train, test);
  if (validation.size() > 0) check_same_width(train, validation);
  if (few_of(options) > 0) train = few_of_each_class(train, few_of(options), options.seed);
  log_info("linear probe '" + protocol.name + "' (" + protocol.source + ") on " +
           with_commas(train.size()) + " rows of " + std::to_string(train.width()) + " numbers");
  if (validation.size() == 0 && protocol.hold_out != HoldOut::kNone)
    validation = held_out(train, options);
  ProbeOutcome outcome;
  outcome.penalty_name = penalty_name(protocol);
  const auto finish = [&](const Fitting& fitting, LinearHead head, int64_t rows) {
    outcome.test = fitting.score(head);
    outcome.head = std::move(head);
    outcome.fitted_rows = rows;
    outcome.objective = fitting.objective();
  };
  const auto explain = [](int unfinished, int iterations) {
    if (unfinished == 0) return;
    log_warning(std::to_string(unfinished) + " fits were not at their minimum after " +
                with_commas(iterations) + " iterations, the protocol's bound");
  };
  if (protocol.solver == Solver::kSgd) {
    Fitting fitting(train, validation, options);
    warn_of_unknown(validation, fitting.known(), "validation");
    const std::vector<LinearHead> heads = fitting.heads();
    size_t best = 0;
    for (size_t h = 0; h < heads.size(); ++h) {
      outcome.search.path.push_back({rates_of(options)[h], fitting.chosen_score(heads[h])});
      if (outcome.search.path[h].score > outcome.search.path[best].score) best = h;
    }
    outcome.penalty = outcome.search.best = rates_of(options)[best];
    const KnownClasses& known = fitting.known();
    const Preparation prepared(protocol, train.rows);
    const Tensor rows = prepared.apply(test.rows);
    for (const LinearHead& head : heads) {
      ProbeScore found = score_head(head, rows, known.indices(test.labels), test.labels);
      outcome.head_acc1.push_back(found.acc1);
      if (outcome.head_acc1.size() == best + 1) outcome.test = std::move(found);
    }
    warn_of_unknown(test, known, "test");
    outcome.head = heads[best];
    outcome.fitted_rows = train.size();
  } else {
    if (validation.size() > 0) {
      Fitting tuning(train, validation, options);
      warn_of_unknown(validation, tuning.known(), "validation");
      outcome.search = search_penalty(
          protocol, [&](double penalty) { return tuning.chosen_score(tuning.head(penalty)); });
      outcome.penalty = outcome.search.best;
      explain(tuning.unfinished(), iterations_of(options));
    } else {
      outcome.penalty = 0;  // CLIP_benchmark's, where there is nothing to choose by
    }
    if (validation.size() > 0 && protocol.refit_on_both && few_of(options) < 0)
      train = join(train, validation);
    Fitting fitting(train, test, options);
    warn_of_unknown(test, fitting.known(), "test");
    LinearHead head = fitting.head(*outcome.penalty);
    explain(fitting.unfinished(), iterations_of(options));
    finish(fitting, std::move(head), train.size());
  }
  if (test.classes() > kLabelForFive) outcome.acc5 = outcome.test.acc5;
  char strength[32];
  std::snprintf(strength, sizeof strength, "%.4g", *outcome.penalty);
  log_info("probed " + with_commas(test.size()) + " test rows with " + outcome.penalty_name + " " +
           strength + ": top-1 " + percent(outcome.test.acc1, 2) + ", mean recall of a class " +
           percent(outcome.test.mean_per_class_recall, 2));
  if (outcome.test.not_finite > 0) {
    fail_input("the chosen head's scores are not finite on " +
                   with_commas(outcome.test.not_finite) + " test rows",
               "finite features, and a rate that does not diverge",
               "Scale the features, or lower --lr or --base-lrs.");
  }
  return outcome;
}

Json ProbeOutcome::metrics(const ProbeOptions& options) const {
  const Protocol& protocol = options.protocol;
  Json metrics = {{"lp_acc1", test.acc1},
                  {"lp_acc5", acc5 ? Json(*acc5) : Json(nullptr)},
                  {"lp_mean_per_class_recall", test.mean_per_class_recall},
                  {penalty_name, *penalty}};
  if (protocol.solver != Solver::kLbfgs) metrics["epochs"] = epochs_of(options);
  metrics["seed"] = options.seed;
  if (protocol.solver == Solver::kAdamW) metrics["fewshot_k"] = few_of(options);
  metrics["normalized"] = protocol.unit_length;
  metrics["protocol"] = protocol.name;
  metrics["fitted_rows"] = fitted_rows;
  if (protocol.solver == Solver::kLbfgs) metrics["objective"] = objective;
  Json path = Json::array();
  for (size_t i = 0; i < search.path.size(); ++i) {
    Json step = {
        {"penalty", search.path[i].penalty},
        {options.by_class ? "val_mean_per_class_recall" : "val_acc1", search.path[i].score}};
    if (i < head_acc1.size()) step["test_acc1"] = head_acc1[i];
    path.push_back(std::move(step));
  }
  metrics["search"] = std::move(path);
  return metrics;
}

SampleOutcomes ProbeOutcome::samples(const FeatureSet& tested) const {
  SampleOutcomes samples;
  // The last is a mean over classes (eval/paired/metric_samples.h): the same hits by class.
  samples.metrics = {"lp_acc1", "lp_acc5", "lp_mean_per_class_recall"};
  for (size_t i = 0; i < test.rank.size(); ++i) {
    const int rank = test.rank[i];
    const float first = rank == 0 ? 1 : 0;
    const float five =
        !acc5 ? std::numeric_limits<float>::quiet_NaN() : (rank >= 0 && rank < 5 ? 1.0F : 0.0F);
    samples.add(tested.keys.empty() ? std::to_string(i) : tested.keys[i],
                static_cast<int>(tested.labels[i]), {first, five, first});
  }
  return samples;
}

}  // namespace clipwright::eval::probe
