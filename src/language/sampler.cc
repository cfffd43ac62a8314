#include "language/sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/error.h"

namespace clipwright::language {
namespace {

constexpr int kLanes = 16;

/// exp(x) for x <= 0 to about 2e-7; a fixed sequence of float operations that the compiler turns
/// into vectors, so the result is the same on every machine this is built for (a math library's exp
/// is not). 2^r on [-1/2, 1/2] by its Taylor series.
inline float fast_exp(float x) {
  constexpr float kRound =
      12582912.0f;  // 1.5 * 2^23: adding and taking it away rounds to a whole number
  const float scaled = std::max(x, -87.0f) * 1.44269504f;
  const float whole = (scaled + kRound) - kRound;
  const float rest = scaled - whole;
  float power = 1.5403530e-4f;
  power = power * rest + 1.3333558e-3f;
  power = power * rest + 9.6181291e-3f;
  power = power * rest + 5.5504109e-2f;
  power = power * rest + 2.4022651e-1f;
  power = power * rest + 6.9314718e-1f;
  power = power * rest + 1.0f;
  return power * std::bit_cast<float>((static_cast<int32_t>(whole) + 127) << 23);
}

float maximum(std::span<const float> values) {
  float lanes[kLanes];
  std::fill(lanes, lanes + kLanes, -INFINITY);
  size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) lanes[lane] = std::max(lanes[lane], values[i + lane]);
  }
  float best = *std::max_element(lanes, lanes + kLanes);
  for (; i < values.size(); ++i) best = std::max(best, values[i]);
  return best;
}

/// weights[i] = exp((logits[i] - top) * scale); returns their sum, added in a fixed order.
double exponentials(std::span<const float> logits, float top, float scale,
                    std::vector<float>& weights) {
  weights.resize(logits.size());
  const float* in = logits.data();
  float* out = weights.data();
  const size_t size = logits.size();
  double total = 0;
  // Blocks keep the float partial sums short, so that the total is good to about 1e-7.
  constexpr size_t kBlock = 1024;
  for (size_t start = 0; start < size; start += kBlock) {
    const size_t end = std::min(size, start + kBlock);
    for (size_t i = start; i < end; ++i) out[i] = fast_exp((in[i] - top) * scale);
    float lanes[kLanes] = {};
    size_t i = start;
    for (; i + kLanes <= end; i += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) lanes[lane] += out[i + lane];
    }
    for (; i < end; ++i) lanes[0] += out[i];
    for (const float lane : lanes) total += lane;
  }
  return total;
}

[[noreturn]] void fail_not_finite() {
  fail_running("the language model's output is not finite", "numbers",
               "Its file is damaged, or its weights overflow in this type; try another file.");
}

}  // namespace

void check_sampling(const Sampling& sampling) {
  if (!(sampling.temperature >= 0 && sampling.temperature <= 10))
    fail_usage("--temperature " + std::to_string(sampling.temperature), "0 to 10");
  if (!(sampling.top_p > 0 && sampling.top_p <= 1))
    fail_usage("--top-p " + std::to_string(sampling.top_p), "above 0, at most 1");
  if (sampling.max_tokens < 1 || sampling.max_tokens > 4096)
    fail_usage("--max-tokens " + std::to_string(sampling.max_tokens), "1 to 4096");
}

std::span<const TokenChance> NucleusSampler::nucleus(std::span<const float> logits,
                                                     double temperature, double top_p) {
  CW_CHECK(!logits.empty() && temperature > 0, "nucleus needs logits and a positive temperature");
  const float top = maximum(logits);
  const double total = exponentials(logits, top, static_cast<float>(1.0 / temperature), weights_);
  if (!std::isfinite(top) || !std::isfinite(total)) fail_not_finite();
  // Sorting the whole vocabulary would cost more than the model. Take the tokens within a factor of
  // the best first; they are the head of the sorted order, so the nucleus is exact as soon as their
  // mass exceeds top_p. Otherwise widen, at last to all.
  for (float least = 1.0f / 128;; least = least < 1e-9f ? -1.0f : least / 16) {
    candidates_.clear();
    double mass = 0;
    for (size_t start = 0; start < weights_.size(); start += kLanes) {
      const size_t end = std::min(weights_.size(), start + kLanes);
      bool any = false;
      for (size_t i = start; i < end; ++i) any |= weights_[i] >= least;
      if (!any) continue;
      for (size_t i = start; i < end; ++i) {
        if (weights_[i] < least) continue;
        candidates_.push_back({static_cast<int32_t>(i), weights_[i]});
        mass += weights_[i];
      }
    }
    if (mass > top_p * total || least < 0) break;
  }
  std::sort(candidates_.begin(), candidates_.end(), [](const TokenChance& a, const TokenChance& b) {
    return a.chance != b.chance ? a.chance > b.chance : a.token < b.token;
  });
  double before = 0;
  size_t kept = 0;
  while (kept < candidates_.size() && (kept == 0 || before <= top_p * total))
    before += candidates_[kept++].chance;
  candidates_.resize(kept);
  for (TokenChance& candidate : candidates_)
    candidate.chance = static_cast<float>(candidate.chance / total);
  return candidates_;
}

int32_t NucleusSampler::draw(std::span<const float> logits, const Sampling& sampling,
                             Random& random) {
  if (sampling.temperature <= 0) {
    const float top = maximum(logits);
    if (!std::isfinite(top)) fail_not_finite();
    return static_cast<int32_t>(std::find(logits.begin(), logits.end(), top) - logits.begin());
  }
  const auto kept = nucleus(logits, sampling.temperature, sampling.top_p);
  double mass = 0;
  for (const TokenChance& candidate : kept) mass += candidate.chance;
  double left = random.uniform() * mass;
  for (const TokenChance& candidate : kept) {
    left -= candidate.chance;
    if (left < 0) return candidate.token;
  }
  return kept.back().token;
}

}  // namespace clipwright::language
