#include "eval/fewshot/coop.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "eval/fewshot/episodes.h"
#include "eval/probe/logistic_regression.h"
#include "eval/scores/spread.h"
#include "eval/sets/class_rows.h"

namespace clipwright::eval::fewshot {
namespace {

constexpr int kMostValidationShots = 4;

/// Fits of one training set, each C once.
class Fits {
 public:
  Fits(const FeatureSet& train, const FeatureSet& validation, int max_iterations)
      : known_(train),
        validation_(validation),
        validation_classes_(known_.indices(validation.labels)),
        problem_(train.rows, known_.indices(train.labels), known_.size(),
                 {.max_iterations = max_iterations}) {}

  double validation_accuracy(double c) {
    return accuracy(head(c), validation_, validation_classes_);
  }
  double test_accuracy(double c, const FeatureSet& test) {
    return accuracy(head(c), test, known_.indices(test.labels));
  }

 private:
  static double accuracy(const probe::LinearHead& head, const FeatureSet& set,
                         const std::vector<int64_t>& classes) {
    return probe::score_head(head, set.rows, classes, set.labels).acc1;
  }

  const probe::LinearHead& head(double c) {
    const auto found = fits_.find(c);
    if (found != fits_.end()) return found->second.head;
    // From the nearest weaker fit, which is nearly the answer.
    const auto above = fits_.upper_bound(c);
    const Tensor start = above == fits_.begin() ? Tensor() : std::prev(above)->second.start;
    return fits_.emplace(c, problem_.fit(probe::inverse_strength(c, problem_.rows()), start))
        .first->second.head;
  }

  probe::KnownClasses known_;
  const FeatureSet& validation_;
  std::vector<int64_t> validation_classes_;
  probe::LogisticProblem problem_;
  std::map<double, probe::LogisticFit> fits_;  // by C
};

/// Up to `shots` rows of each class in order of class. The first of more are the same as those of
/// fewer.
std::vector<int64_t> draw_shots(const sets::ClassRows& rows, int shots, uint64_t seed,
                                std::string_view purpose) {
  std::vector<int64_t> drawn;
  for (const auto& [label, own] : rows) {
    Random random(seed, purpose, 0, static_cast<uint64_t>(label));
    const auto count = static_cast<int64_t>(own.size());
    for (const int64_t place : draw_distinct(std::min<int64_t>(shots, count), count, random))
      drawn.push_back(own[static_cast<size_t>(place)]);
  }
  return drawn;
}

int64_t count_short(const sets::ClassRows& rows, int shots) {
  return std::count_if(rows.begin(), rows.end(), [&](const auto& own) {
    return static_cast<int64_t>(own.second.size()) < shots;
  });
}

void check(const CoopOptions& options) {
  if (options.shots.empty()) fail_usage("--shots has no number", "such as 1,2,4,8,16");
  for (const int shots : options.shots) {
    if (shots < 1) fail_usage("--shots has " + std::to_string(shots), "whole numbers from 1");
  }
  if (options.seeds.empty()) fail_usage("--seeds has no number", "such as 1,2,3");
}

std::vector<double> accuracies(const std::vector<CoopRun>& runs, int shots) {
  std::vector<double> values;
  for (const CoopRun& run : runs) {
    if (run.shots == shots) values.push_back(run.probe.accuracy);
  }
  CW_CHECK(!values.empty(), "a number of shots that was run");
  return values;
}

}  // namespace

ChosenProbe choose_probe(const FeatureSet& train, const FeatureSet& validation,
                         const FeatureSet& test, const CoopOptions& options) {
  Fits fits(train, validation, options.max_iterations);
  double peak = 0, best = -1;
  // From the strongest penalty up, each fit from the one before; of equal ones the last of these
  // is the first of the published order.
  for (int power = -6; power <= 6; power += 2) {
    const double c = std::pow(10.0, power), accuracy = fits.validation_accuracy(c);
    if (accuracy >= best) {
      best = accuracy;
      peak = c;
    }
  }
  ChosenProbe chosen{.c = peak, .validation_accuracy = best};
  double left = std::log10(peak) - 1, right = std::log10(peak) + 1;
  for (int step = 0; step < options.steps; ++step) {
    const double c_left = std::pow(10.0, left), c_right = std::pow(10.0, right);
    const double of_left = fits.validation_accuracy(c_left),
                 of_right = fits.validation_accuracy(c_right);
    const double middle = (left + right) / 2;
    if (of_left < of_right) {
      chosen.c = c_right;
      left = middle;
    } else {
      chosen.c = c_left;
      right = middle;
    }
    chosen.validation_accuracy = std::max(of_left, of_right);
  }
  chosen.accuracy = fits.test_accuracy(chosen.c, test);
  return chosen;
}

double CoopResult::mean(int shots) const { return scores::mean(accuracies(runs, shots)); }

std::optional<double> CoopResult::deviation(int shots) const {
  return scores::deviation(accuracies(runs, shots));
}

std::optional<double> CoopResult::interval(int shots) const {
  return scores::interval(accuracies(runs, shots));
}

CoopResult evaluate_coop(const FeatureSet& train, const std::optional<FeatureSet>& validation,
                         const FeatureSet& test, const CoopOptions& options) {
  check(options);
  check_same_width(train, test);
  if (validation) check_same_width(train, *validation);
  const auto training_rows = sets::rows_by_class(train.labels);
  const auto validation_rows = validation ? sets::rows_by_class(validation->labels) : training_rows;
  const int most = *std::max_element(options.shots.begin(), options.shots.end());
  if (const int64_t few = count_short(training_rows, most); few > 0) {
    log_warning(with_commas(few) + " of " +
                with_commas(static_cast<int64_t>(training_rows.size())) +
                " classes have fewer than " + std::to_string(most) +
                " training rows and give all they have");
  }
  if (!validation)
    log_info("no validation rows were given: they are drawn from the training rows that are left");
  CoopResult result;
  Progress progress("probes", static_cast<int64_t>(options.shots.size() * options.seeds.size()));
  for (const int shots : options.shots) {
    for (const uint64_t seed : options.seeds) {
      const int validation_shots = std::min(shots, kMostValidationShots);
      const std::vector<int64_t> chosen =
          draw_shots(training_rows, shots, seed, "few-shot training");
      sets::ClassRows left = validation_rows;
      if (!validation) {
        const std::set<int64_t> taken(chosen.begin(), chosen.end());
        for (auto& [label, rows] : left)
          std::erase_if(rows, [&](int64_t row) { return taken.contains(row); });
      } else {
        // Of classes that training lacks no probe can know anything.
        std::erase_if(left, [&](const auto& own) { return !training_rows.contains(own.first); });
      }
      const std::vector<int64_t> held =
          draw_shots(left, validation_shots, seed, "few-shot validation");
      if (held.empty()) {
        fail_input(
            train.source + ": there are no validation rows for " + std::to_string(shots) + " shots",
            "rows of the training classes to choose C by",
            "Give --val-features and --val-labels or --val-data, or fewer --shots.");
      }
      result.runs.push_back(
          {shots, seed,
           choose_probe(pick(train, chosen), pick(validation ? *validation : train, held), test,
                        options)});
      progress.update(static_cast<int64_t>(result.runs.size()));
    }
  }
  return result;
}

}  // namespace clipwright::eval::fewshot
