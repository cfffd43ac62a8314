#include "eval/paired/average_difference.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/random.h"

namespace clipwright::eval::paired {
namespace {

constexpr double kTail = 0.025;

struct SetDifferences {
  std::vector<std::vector<double>> runs;  // runs x samples
  std::vector<int> group;                 // of each sample, from 0
  int groups = 1;
};

SetDifferences differences_of(const PairedSet& set) {
  SetDifferences differences;
  for (size_t r = 0; r < set.a.size(); ++r) {
    std::vector<double> run(set.a[r].size());
    for (size_t i = 0; i < run.size(); ++i)
      run[i] = static_cast<double>(set.a[r][i]) - static_cast<double>(set.b[r][i]);
    differences.runs.push_back(std::move(run));
  }
  std::map<int, int> place;
  for (size_t i = 0; i < differences.runs[0].size(); ++i) {
    const int label = set.classes.empty() ? 0 : set.classes[i];
    differences.group.push_back(
        place.try_emplace(label, static_cast<int>(place.size())).first->second);
  }
  differences.groups = static_cast<int>(place.size());
  return differences;
}

/// The mean over groups that have samples of their means; sample i of the sum is `pick(i)`.
template <typename Pick>
double mean_of(const SetDifferences& set, const std::vector<size_t>& runs, const Pick& pick) {
  std::vector<double> sums(static_cast<size_t>(set.groups));
  std::vector<int64_t> counts(sums.size());
  for (size_t i = 0; i < set.group.size(); ++i) {
    const size_t sample = pick(i);
    const auto group = static_cast<size_t>(set.group[sample]);
    for (const size_t run : runs) sums[group] += set.runs[run][sample];
    ++counts[group];
  }
  double total = 0;
  int present = 0;
  for (size_t g = 0; g < sums.size(); ++g) {
    if (counts[g] == 0) continue;
    total += sums[g] / static_cast<double>(counts[g]) / static_cast<double>(runs.size());
    ++present;
  }
  return total / present;
}

}  // namespace

scores::PairedDifference average_difference(const std::vector<PairedSet>& sets, uint64_t seed,
                                            int64_t draws) {
  CW_CHECK(!sets.empty() && draws > 0, "sets to average over");
  std::vector<SetDifferences> differences;
  scores::PairedDifference result;
  for (const PairedSet& set : sets) {
    CW_CHECK(!set.a.empty() && set.a.size() == set.b.size() && !set.a[0].empty(), "paired runs");
    differences.push_back(differences_of(set));
    result.samples += static_cast<int64_t>(set.a[0].size());
  }
  const size_t runs = differences[0].runs.size();
  const auto count = static_cast<double>(sets.size());
  result.seeds = static_cast<int64_t>(runs);
  std::vector<size_t> every(runs);
  for (size_t r = 0; r < runs; ++r) every[r] = r;
  for (const SetDifferences& set : differences)
    result.difference += mean_of(set, every, [](size_t i) { return i; }) / count;
  std::vector<double> drawn(static_cast<size_t>(draws));
  at::parallel_for(0, draws, 16, [&](int64_t first, int64_t last) {
    for (int64_t draw = first; draw < last; ++draw) {
      Random random(seed, "average difference", 0, static_cast<uint64_t>(draw));
      std::vector<size_t> chosen = every;
      if (runs > 1) {
        for (size_t& run : chosen) run = random.below(runs);
      }
      double sum = 0;
      for (const SetDifferences& set : differences)
        sum += mean_of(set, chosen, [&](size_t) { return random.below(set.group.size()); });
      drawn[static_cast<size_t>(draw)] = sum / count;
    }
  });
  std::sort(drawn.begin(), drawn.end());
  const auto last = static_cast<double>(draws - 1);
  result.low = drawn[static_cast<size_t>(kTail * last)];
  result.high = drawn[static_cast<size_t>((1 - kTail) * last + 0.5)];
  return result;
}

}  // namespace clipwright::eval::paired
