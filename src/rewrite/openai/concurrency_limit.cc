#include "rewrite/openai/concurrency_limit.h"

#include <algorithm>

namespace clipwright::rewrite::openai {
namespace {

constexpr double kStart = 4, kWeight = 0.1;
constexpr int kAnswersBeforeJudging = 8;
constexpr double kSlowerHolds = 6, kSlowerShrinks = 12;

}  // namespace

ConcurrencyLimit::ConcurrencyLimit(int most)
    : most_(std::max(1, most)), limit_(std::min(most_, kStart)) {}

void ConcurrencyLimit::answered(double seconds) {
  usual_ = answers_ == 0 ? seconds : (1 - kWeight) * usual_ + kWeight * seconds;
  if (++answers_ >= kAnswersBeforeJudging) best_ = best_ == 0 ? usual_ : std::min(best_, usual_);
  const double slower = best_ > 0 ? usual_ / best_ : 1;
  if (slower > kSlowerShrinks) {
    limit_ = std::max(1.0, limit_ - 0.1);
  } else if (slower <= kSlowerHolds) {
    limit_ = std::min(most_, limit_ + (quick_ ? 1.0 : 1.0 / limit_));
  }
}

void ConcurrencyLimit::pushed_back(uint64_t round) {
  if (round != round_) return;
  ++round_;
  quick_ = false;
  limit_ = std::max(1.0, limit_ / 2);
}

void ConcurrencyLimit::restart() {
  ++round_;
  quick_ = true;
  limit_ = 1;
}

}  // namespace clipwright::rewrite::openai
