#include "audit/diversity/frequent_texts.h"

#include <algorithm>

#include "core/random.h"

namespace clipwright::audit::diversity {

size_t FrequentTexts::Hash::operator()(std::string_view text) const { return hash64(text); }

void FrequentTexts::add(std::string_view text, int64_t times) {
  const auto found = counts_.find(text);
  if (found != counts_.end()) {
    found->second += times;
    return;
  }
  counts_.emplace(text, times);
  if (counts_.size() > capacity_) shrink();
}

/// Takes the median count off all, so that half of them go at a time.
void FrequentTexts::shrink() {
  std::vector<int64_t> counts;
  for (const auto& [text, count] : counts_) counts.push_back(count);
  const auto middle = counts.begin() + static_cast<int64_t>(counts.size() / 2);
  std::nth_element(counts.begin(), middle, counts.end());
  const int64_t median = *middle;
  error_ += median;
  for (auto it = counts_.begin(); it != counts_.end();) {
    it->second -= median;
    it = it->second <= 0 ? counts_.erase(it) : std::next(it);
  }
}

void FrequentTexts::merge(const FrequentTexts& other) {
  error_ += other.error_;
  for (const auto& [text, count] : other.counts_) add(text, count);
}

std::vector<FrequentText> FrequentTexts::top(size_t count) const {
  std::vector<FrequentText> all;
  for (const auto& [text, times] : counts_) all.push_back({text, times});
  count = std::min(count, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<int64_t>(count), all.end(),
                    [](const FrequentText& a, const FrequentText& b) {
                      return a.count != b.count ? a.count > b.count : a.text < b.text;
                    });
  all.resize(count);
  return all;
}

}  // namespace clipwright::audit::diversity
