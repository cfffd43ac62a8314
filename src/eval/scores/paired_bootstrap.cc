#include "eval/scores/paired_bootstrap.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "core/error.h"
#include "core/process/interrupt.h"
#include "core/random.h"

namespace clipwright::eval::scores {
namespace {

constexpr int64_t kDrawsBetweenLooks = 512;  // at whether somebody wants to stop

/// What is drawn from: the differences of the samples that count, a row a seed.
struct Differences {
  std::vector<std::vector<double>> rows;  // (S, N)
  std::vector<int> classes;               // N, from 0 without gaps; all 0 for a plain mean
  int class_count = 1;
  int64_t left_out = 0;

  size_t samples() const { return classes.size(); }
};

Differences differences_of(const std::vector<std::span<const float>>& a,
                           const std::vector<std::span<const float>>& b,
                           std::span<const int> classes) {
  if (a.empty() || a.size() != b.size()) {
    fail_input("there are " + std::to_string(a.size()) + " and " + std::to_string(b.size()) +
                   " runs to compare",
               "as many of the one as of the other, at least one");
  }
  const size_t samples = a.front().size();
  for (size_t s = 0; s < a.size(); ++s) {
    if (a[s].size() == samples && b[s].size() == samples) continue;
    fail_input("run " + std::to_string(s) + " has " + std::to_string(a[s].size()) + " and " +
                   std::to_string(b[s].size()) + " samples",
               std::to_string(samples) + " of each, the same ones in the same order");
  }
  if (!classes.empty() && classes.size() != samples) {
    fail_input("there are " + std::to_string(classes.size()) + " classes",
               std::to_string(samples) + ", one a sample");
  }
  Differences found;
  found.rows.resize(a.size());
  std::map<int, int> place;
  for (size_t i = 0; i < samples; ++i) {
    bool missing = false;
    for (size_t s = 0; s < a.size(); ++s) missing |= std::isnan(a[s][i]) || std::isnan(b[s][i]);
    if (missing) {
      ++found.left_out;
      continue;
    }
    for (size_t s = 0; s < a.size(); ++s)
      found.rows[s].push_back(static_cast<double>(a[s][i]) - static_cast<double>(b[s][i]));
    found.classes.push_back(
        classes.empty()
            ? 0
            : place.try_emplace(classes[i], static_cast<int>(place.size())).first->second);
  }
  if (found.classes.empty())
    fail_input("there is no sample that both have an outcome of", "at least one");
  if (!classes.empty()) found.class_count = static_cast<int>(place.size());
  return found;
}

/// Sums of what was drawn, a place a class.
class ClassMeans {
 public:
  explicit ClassMeans(int classes)
      : sums_(static_cast<size_t>(classes)), counts_(static_cast<size_t>(classes)) {}

  void add(int of_class, double value) {
    sums_[static_cast<size_t>(of_class)] += value;
    ++counts_[static_cast<size_t>(of_class)];
  }

  double mean() const {
    double sum = 0;
    int present = 0;
    for (size_t c = 0; c < sums_.size(); ++c) {
      if (counts_[c] == 0) continue;
      sum += sums_[c] / static_cast<double>(counts_[c]);
      ++present;
    }
    return sum / present;
  }

 private:
  std::vector<double> sums_;
  std::vector<int64_t> counts_;
};

/// The mean of the rows, each as often as it was drawn.
std::vector<double> mean_of_rows(const Differences& of, const std::vector<size_t>& drawn) {
  std::vector<double> mean(of.samples());
  for (const size_t s : drawn) {
    for (size_t i = 0; i < mean.size(); ++i) mean[i] += of.rows[s][i];
  }
  for (double& value : mean) value /= static_cast<double>(drawn.size());
  return mean;
}

double one_draw(const Differences& of, const std::vector<double>& plain_mean, uint64_t seed,
                uint64_t draw) {
  Random random(seed, "paired bootstrap", 0, draw);
  std::vector<double> drawn_mean;
  if (of.rows.size() > 1) {
    std::vector<size_t> drawn(of.rows.size());
    for (size_t& s : drawn) s = random.below(of.rows.size());
    drawn_mean = mean_of_rows(of, drawn);
  }
  const std::vector<double>& values = drawn_mean.empty() ? plain_mean : drawn_mean;
  ClassMeans means(of.class_count);
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t sample = random.below(values.size());
    means.add(of.classes[sample], values[sample]);
  }
  return means.mean();
}

/// Between the two nearest, in proportion (NumPy's default).
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

PairedDifference draw_all(const Differences& of, const BootstrapOptions& options) {
  if (options.draws < kFewestDraws) {
    fail_usage("the bootstrap has " + std::to_string(options.draws) + " draws",
               "at least " + std::to_string(kFewestDraws));
  }
  if (!(options.confidence > 0 && options.confidence < 1))
    fail_usage("the confidence is " + std::to_string(options.confidence), "between 0 and 1");
  std::vector<size_t> each(of.rows.size());
  for (size_t s = 0; s < each.size(); ++s) each[s] = s;
  const std::vector<double> plain_mean = mean_of_rows(of, each);
  ClassMeans means(of.class_count);
  for (size_t i = 0; i < of.samples(); ++i) means.add(of.classes[i], plain_mean[i]);
  std::vector<double> drawn(static_cast<size_t>(options.draws));
  for (int64_t start = 0; start < options.draws; start += kDrawsBetweenLooks) {
    stop_if_interrupted();
    const int64_t end = std::min<int64_t>(options.draws, start + kDrawsBetweenLooks);
    at::parallel_for(start, end, 16, [&](int64_t first, int64_t last) {
      for (int64_t draw = first; draw < last; ++draw) {
        drawn[static_cast<size_t>(draw)] =
            one_draw(of, plain_mean, options.seed, static_cast<uint64_t>(draw));
      }
    });
  }
  std::sort(drawn.begin(), drawn.end());
  const double tail = (1 - options.confidence) / 2;
  return {.difference = means.mean(),
          .low = quantile(drawn, tail),
          .high = quantile(drawn, 1 - tail),
          .samples = static_cast<int64_t>(of.samples()),
          .left_out = of.left_out,
          .seeds = static_cast<int64_t>(of.rows.size())};
}

}  // namespace

PairedDifference paired_bootstrap(std::span<const float> a, std::span<const float> b,
                                  std::span<const int> classes, const BootstrapOptions& options) {
  return draw_all(differences_of({a}, {b}, classes), options);
}

PairedDifference paired_bootstrap(const std::vector<std::vector<float>>& a,
                                  const std::vector<std::vector<float>>& b,
                                  std::span<const int> classes, const BootstrapOptions& options) {
  return draw_all(differences_of({a.begin(), a.end()}, {b.begin(), b.end()}, classes), options);
}

}  // namespace clipwright::eval::scores
