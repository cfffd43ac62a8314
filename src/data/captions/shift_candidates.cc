#include "data/captions/shift_candidates.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "data/captions/word_hashes.h"

namespace clipwright::data::captions {
namespace {

constexpr int64_t kNear = 3;
constexpr int64_t kFar = 5000;
constexpr int64_t kBlocks = 4;
constexpr int64_t kBlockLines = 200;
// A word on more lines of the window than this says little about the line.
constexpr size_t kRareLines = 16;

/// The distance that most rare words of the captions in [begin, end) vote for.
int64_t favourite_shift(int64_t lines, int64_t begin, int64_t end, const LineText& caption,
                        const LineText& rewrite) {
  std::unordered_map<uint64_t, std::vector<int64_t>> lines_with;
  for (int64_t line = std::max<int64_t>(0, begin - kFar); line < std::min(lines, end + kFar);
       ++line) {
    for (const uint64_t word : word_hashes(rewrite(line))) {
      auto& found = lines_with[word];
      if (found.size() <= kRareLines) found.push_back(line);
    }
  }
  std::unordered_map<int64_t, double> votes;
  for (int64_t line = begin; line < end; ++line) {
    for (const uint64_t word : word_hashes(caption(line))) {
      const auto found = lines_with.find(word);
      if (found == lines_with.end() || found->second.size() > kRareLines) continue;
      for (const int64_t other : found->second)
        votes[other - line] += 1.0 / static_cast<double>(found->second.size());
    }
  }
  int64_t favourite = 0;
  double most = 0;
  for (const auto& [shift, count] : votes) {
    const bool nearer = std::abs(shift) < std::abs(favourite) ||
                        (std::abs(shift) == std::abs(favourite) && shift < favourite);
    if (count > most || (count == most && nearer)) {
      most = count;
      favourite = shift;
    }
  }
  return favourite;
}

}  // namespace

std::vector<int64_t> shift_candidates(int64_t lines, const LineText& caption,
                                      const LineText& rewrite) {
  std::set<int64_t> shifts;
  for (int64_t shift = 1; shift <= kNear; ++shift) shifts.insert({-shift, shift});
  for (int64_t block = 0; block < kBlocks; ++block) {
    const int64_t begin = (lines - std::min(lines, kBlockLines)) * block / (kBlocks - 1);
    shifts.insert(
        favourite_shift(lines, begin, std::min(lines, begin + kBlockLines), caption, rewrite));
  }
  shifts.erase(0);
  return {shifts.begin(), shifts.end()};
}

}  // namespace clipwright::data::captions
