#include "eval/selection/decisions.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "core/words.h"

namespace clipwright::eval::selection {
namespace {

// Cosines in float32 differ by 6e-8 from rounding alone; hard negatives of a trained model by 1e-3
// and more.
constexpr double kNearlyTied = 1e-6, kMostNearlyTied = 0.1;
constexpr float kLeastSpread = 1e-4F;

}  // namespace

Decision decide(std::span<const float> scores, size_t answer, Ties ties) {
  CW_CHECK(answer < scores.size(), "an answer among the scores");
  Decision decision{.right = true};
  bool first = true;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (i == answer) continue;
    const double margin = static_cast<double>(scores[answer]) - static_cast<double>(scores[i]);
    if (first || margin < decision.margin) decision.margin = margin;
    first = false;
    const bool yields = ties == Ties::kStrict || i < answer;
    if (!(margin > 0 || (margin == 0 && !yields))) decision.right = false;
  }
  decision.tied = !first && decision.margin == 0;
  return decision;
}

CaseOutcome judge(std::span<const float> scores, size_t pictures, size_t captions, Ties ties) {
  CW_CHECK(pictures > 0 && captions > 0 && scores.size() == pictures * captions,
           "scores (pictures, captions)");
  CaseOutcome outcome{.image = true, .text = true};
  std::vector<float> column(pictures);
  for (size_t i = 0; i < std::min(pictures, captions); ++i) {
    if (captions > 1) {
      outcome.decisions.push_back(decide(scores.subspan(i * captions, captions), i, ties));
      outcome.text &= outcome.decisions.back().right;
    }
    if (pictures > 1) {
      for (size_t p = 0; p < pictures; ++p) column[p] = scores[p * captions + i];
      outcome.decisions.push_back(decide(column, i, ties));
      outcome.image &= outcome.decisions.back().right;
    }
  }
  return outcome;
}

Chance chance_of(size_t pictures, size_t captions) {
  CW_CHECK(pictures == 1 || (pictures == 2 && captions == 2), "1 x C or 2 x 2");
  if (pictures == 1) {
    const double share = 1 / static_cast<double>(captions);
    return {.image = 1, .text = share, .both = share};
  }
  // Both: of four numbers in random order the two right ones are the two largest.
  return {.image = 0.25, .text = 0.25, .both = 1.0 / 6};
}

void CollapseGuard::add(std::span<const float> scores, const CaseOutcome& outcome) {
  for (const float score : scores) {
    least_ = any_ ? std::min(least_, score) : score;
    most_ = any_ ? std::max(most_, score) : score;
    any_ = true;
  }
  for (const Decision& decision : outcome.decisions) {
    ++decisions_;
    ties_ += decision.tied;
    near_ += std::abs(decision.margin) <= kNearlyTied;
  }
}

std::string CollapseGuard::collapse() const {
  if (decisions_ == 0) return {};
  char text[160];
  if (most_ - least_ < kLeastSpread) {
    std::snprintf(text, sizeof text, "all similarities lie between %.6f and %.6f",
                  static_cast<double>(least_), static_cast<double>(most_));
    return text;
  }
  const double share = static_cast<double>(near_) / static_cast<double>(decisions_);
  if (share <= kMostNearlyTied) return {};
  return percent(share) + " of the decisions hang on less than a millionth of a cosine (" +
         percent(static_cast<double>(ties_) / static_cast<double>(decisions_)) + " are exact ties)";
}

}  // namespace clipwright::eval::selection
