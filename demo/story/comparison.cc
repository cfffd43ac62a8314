#include "demo/story/comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "core/random.h"

namespace clipwright::demo::story {
namespace {

constexpr int kDraws = 10'000;
constexpr double kTail = 0.025;
constexpr const char* kMinus = "\xE2\x88\x92";

/// Differences by seed and picture, in percentage points.
using Differences = std::vector<std::vector<double>>;

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double deviation_of(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

Interval bootstrap(const Differences& differences, Random random) {
  const size_t seeds = differences.size(), pictures = differences[0].size();
  Interval interval;
  for (const auto& of_seed : differences)
    interval.mean += mean_of(of_seed) / static_cast<double>(seeds);
  if (pictures == 0) return interval;
  std::vector<double> draws(kDraws), average(pictures);
  for (double& draw : draws) {
    std::fill(average.begin(), average.end(), 0);
    for (size_t s = 0; s < seeds; ++s) {
      const auto& of_seed = differences[seeds > 1 ? random.below(seeds) : 0];
      for (size_t i = 0; i < pictures; ++i) average[i] += of_seed[i];
    }
    double sum = 0;
    for (size_t i = 0; i < pictures; ++i) sum += average[random.below(pictures)];
    draw = sum / static_cast<double>(seeds * pictures);
  }
  std::sort(draws.begin(), draws.end());
  interval.low = draws[static_cast<size_t>(kTail * kDraws)];
  interval.high = draws[static_cast<size_t>((1 - kTail) * kDraws) - 1];
  return interval;
}

std::string one_digit(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string with_sign(double value) {
  const std::string digits = one_digit(std::abs(value));
  if (digits == "0.0") return digits;
  return (value < 0 ? kMinus : "+") + digits;
}

/// A title without the blanks that indent it in the table.
std::string bare(const std::string& title) {
  return title.substr(std::min(title.size(), title.find_first_not_of(' ')));
}

/// Characters a terminal shows; every character of the table is one column wide.
size_t width_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
  }));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

}  // namespace

std::string Interval::text() const {
  return with_sign(mean) + " [" + with_sign(low) + ", " + with_sign(high) + "]";
}

Comparison compare_arms(const std::vector<std::string>& arms,
                        const std::vector<std::vector<ModelScores>>& scores, uint64_t seed) {
  CW_CHECK(!arms.empty() && arms.size() == scores.size() && !scores[0].empty(),
           "scores of every arm");
  Comparison comparison{.arms = arms, .seeds = scores[0].size()};
  for (size_t m = 0; m < scores[0][0].metrics.size(); ++m) {
    const MetricScores& first = scores[0][0].metrics[m];
    ComparedMetric row{.id = first.id,
                       .title = first.title,
                       .pictures = static_cast<int64_t>(first.hits.size()),
                       .chance = 100 * first.chance};
    for (size_t a = 0; a < arms.size(); ++a) {
      std::vector<double> means;
      Differences differences;
      for (size_t s = 0; s < comparison.seeds; ++s) {
        const MetricScores& ours = scores[a][s].metrics[m];
        const MetricScores& theirs = scores[0][s].metrics[m];
        CW_CHECK(ours.id == first.id && ours.hits.size() == first.hits.size(),
                 "the same metrics over the same pictures");
        means.push_back(100 * ours.mean());
        std::vector<double> difference(ours.hits.size());
        for (size_t i = 0; i < difference.size(); ++i)
          difference[i] = 100 * (ours.hits[i] - theirs.hits[i]);
        differences.push_back(std::move(difference));
      }
      row.mean.push_back(mean_of(means));
      row.deviation.push_back(deviation_of(means));
      if (a > 0)
        row.difference.push_back(bootstrap(differences, Random(seed, "bootstrap", a, first.id)));
    }
    comparison.metrics.push_back(std::move(row));
  }
  return comparison;
}

std::string to_text(const Comparison& comparison) {
  std::vector<std::vector<std::string>> rows(1);
  rows[0] = {"%", "pictures", "chance"};
  for (const std::string& arm : comparison.arms) rows[0].push_back(arm);
  for (size_t a = 1; a < comparison.arms.size(); ++a)
    rows[0].push_back(comparison.arms[a] + " " + kMinus + " " + comparison.arms[0]);
  for (const ComparedMetric& metric : comparison.metrics) {
    std::vector<std::string> row = {metric.title, std::to_string(metric.pictures),
                                    one_digit(metric.chance)};
    for (size_t a = 0; a < metric.mean.size(); ++a) {
      row.push_back(one_digit(metric.mean[a]) +
                    (comparison.seeds > 1 ? " ± " + one_digit(metric.deviation[a]) : ""));
    }
    for (const Interval& interval : metric.difference) {
      row.push_back(interval.text());
    }
    rows.push_back(std::move(row));
  }
  std::vector<size_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (size_t c = 0; c < rows[r].size(); ++c) {
      const std::string pad(widths[c] - width_of(rows[r][c]), ' ');
      line += (c > 0 ? "  " : "") + (c == 0 ? rows[r][c] + pad : pad + rows[r][c]);
    }
    text += line + "\n";
    if (r > 0) continue;
    for (size_t i = 0; i < width_of(line); ++i) text += "\xE2\x94\x80";
    text += "\n";
  }
  return text;
}

Json to_json(const Comparison& comparison) {
  Json rows = Json::array();
  for (const ComparedMetric& metric : comparison.metrics) {
    Json row = {{"id", metric.id},
                {"title", metric.title},
                {"pictures", metric.pictures},
                {"chance", metric.chance}};
    for (size_t a = 0; a < comparison.arms.size(); ++a) {
      Json arm = {{"mean", metric.mean[a]}, {"deviation", metric.deviation[a]}};
      if (a > 0) {
        const Interval& interval = metric.difference[a - 1];
        arm["difference"] = {
            {"mean", interval.mean}, {"low", interval.low}, {"high", interval.high}};
      }
      row["arms"][comparison.arms[a]] = std::move(arm);
    }
    rows.push_back(std::move(row));
  }
  return {{"seeds", comparison.seeds}, {"unit", "per cent"}, {"metrics", std::move(rows)}};
}

std::vector<std::string> verdicts(const Comparison& comparison) {
  std::vector<std::string> sentences;
  for (size_t a = 1; a < comparison.arms.size(); ++a) {
    std::vector<std::string> better, worse;
    int open = 0;
    for (const ComparedMetric& metric : comparison.metrics) {
      const Interval& interval = metric.difference[a - 1];
      if (interval.better()) {
        better.push_back(bare(metric.title) + " (" + with_sign(interval.mean) + ")");
      } else if (interval.worse()) {
        worse.push_back(bare(metric.title) + " (" + with_sign(interval.mean) + ")");
      } else {
        ++open;
      }
    }
    const std::string against = comparison.arms[a] + " against " + comparison.arms[0] + ": ";
    sentences.push_back(against +
                        (better.empty() ? "better nowhere" : "better on " + joined(better)) + ".");
    sentences.push_back(
        against + (worse.empty() ? "worse nowhere" : "WORSE on " + joined(worse)) + "." +
        (open > 0 ? " Undecided on " + std::to_string(open) + " (the interval holds zero)." : ""));
  }
  return sentences;
}

}  // namespace clipwright::demo::story
