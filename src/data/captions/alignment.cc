#include "data/captions/alignment.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

#include "data/captions/shift_candidates.h"
#include "data/captions/word_hashes.h"

namespace clipwright::data::captions {
namespace {

constexpr int64_t kSample = 4000;
// Around the place where a run of better lines begins, its exact start is looked for over this many
// lines.
constexpr int64_t kAround = 6;
constexpr int64_t kFewestLines = 12;
constexpr double kLeastGain = 3;  // summed difference of overlaps
constexpr double kStandardErrors = 6;
// Words in more than this share of the texts ("a", "icon") say nothing about which caption a
// rewrite belongs to.
constexpr double kCommonShare = 0.2;

class Comparison {
 public:
  Comparison(int64_t lines, const LineText& caption, const LineText& rewrite)
      : lines_(lines), caption_(caption), rewrite_(rewrite) {}

  void learn_common_words(const std::vector<int64_t>& sample) {
    std::unordered_map<uint64_t, int64_t> texts_with;
    for (const int64_t line : sample) {
      for (const uint64_t word : word_hashes(caption_(line))) ++texts_with[word];
      for (const uint64_t word : word_hashes(rewrite_(line))) ++texts_with[word];
    }
    const double most = kCommonShare * 2 * static_cast<double>(sample.size());
    for (const auto& [word, count] : texts_with) {
      if (static_cast<double>(count) > most && count > 4) common_.push_back(word);
    }
    std::sort(common_.begin(), common_.end());
  }

  /// Dice overlap of caption `line` with rewrite `line + shift`; nothing beyond the file's ends.
  double overlap(int64_t line, int64_t shift) const {
    if (line + shift < 0 || line + shift >= lines_) return 0;
    const WordHashes a = rare_words(caption_(line)), b = rare_words(rewrite_(line + shift));
    if (a.empty() || b.empty()) return 0;
    WordHashes both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    return 2.0 * static_cast<double>(both.size()) / static_cast<double>(a.size() + b.size());
  }

 private:
  WordHashes rare_words(const std::string& text) const {
    WordHashes words = word_hashes(text);
    std::erase_if(words, [&](uint64_t word) {
      return std::binary_search(common_.begin(), common_.end(), word);
    });
    return words;
  }

  int64_t lines_;
  const LineText &caption_, &rewrite_;
  WordHashes common_;
};

struct Run {
  size_t begin = 0, end = 0;  // [begin, end) of the sample
  double gain = 0;
};

/// The run of lines with the largest sum.
Run best_run(const std::vector<double>& gains) {
  Run best, now;
  for (size_t i = 0; i < gains.size(); ++i) {
    if (now.gain <= 0) now = {i, i, 0};
    now.gain += gains[i];
    now.end = i + 1;
    if (now.gain > best.gain) best = now;
  }
  return best;
}

/// The line in [low, high) from which the shift fits better, to the exact line.
int64_t first_line(const Comparison& comparison, int64_t low, int64_t high, int64_t shift) {
  double after = 0, best = 0;
  int64_t line = high;
  for (int64_t i = high - 1; i >= low; --i) {
    after += comparison.overlap(i, shift) - comparison.overlap(i, 0);
    if (after >= best) {
      best = after;
      line = i;
    }
  }
  return line;
}

}  // namespace

Alignment check_alignment(int64_t lines, const LineText& caption, const LineText& rewrite) {
  Alignment result;
  std::vector<int64_t> sample;
  const int64_t count = std::min(lines, kSample);
  for (int64_t i = 0; i < count; ++i)
    sample.push_back(static_cast<int64_t>(static_cast<__int128>(i) * lines / count));
  result.compared = count;
  if (count == 0) return result;
  Comparison comparison(lines, caption, rewrite);
  comparison.learn_common_words(sample);

  std::vector<double> in_place(sample.size());
  for (size_t i = 0; i < sample.size(); ++i) {
    in_place[i] = comparison.overlap(sample[i], 0);
    result.overlap += in_place[i] / static_cast<double>(count);
    const int64_t far = (sample[i] + lines / 2 + 7) % lines;
    result.overlap_elsewhere +=
        comparison.overlap(sample[i], far - sample[i]) / static_cast<double>(count);
  }

  double best_gain = 0;
  for (const int64_t shift : shift_candidates(lines, caption, rewrite)) {
    std::vector<double> shifted(sample.size()), gains(sample.size());
    for (size_t i = 0; i < sample.size(); ++i) {
      shifted[i] = comparison.overlap(sample[i], shift);
      gains[i] = shifted[i] - in_place[i];
    }
    const Run run = best_run(gains);
    const auto length = static_cast<double>(run.end - run.begin);
    if (run.gain < kLeastGain || length < kFewestLines || run.gain <= best_gain) continue;
    const double mean = run.gain / length;
    double here = 0, there = 0, squares = 0;
    for (size_t i = run.begin; i < run.end; ++i) {
      here += in_place[i] / length;
      there += shifted[i] / length;
      squares += (gains[i] - mean) * (gains[i] - mean) / length;
    }
    if (there < 2 * here + 0.02 || run.gain < kStandardErrors * std::sqrt(squares * length))
      continue;
    best_gain = run.gain;
    // Where lines were lost, the captions that lost theirs fit neither way and stand before the
    // run.
    const int64_t low =
        run.begin == 0 ? 0
                       : std::max<int64_t>(0, sample[run.begin - 1] - std::abs(shift) - kAround);
    // A few lines into the run, so that the exact place is judged by more than one line.
    const int64_t high = sample[std::min(run.begin + 8, run.end - 1)] + 1;
    result.misaligned = Misalignment{first_line(comparison, low, high, shift), shift, here, there};
  }
  return result;
}

}  // namespace clipwright::data::captions
