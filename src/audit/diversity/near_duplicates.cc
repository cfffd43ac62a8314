#include "audit/diversity/near_duplicates.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace clipwright::audit::diversity {
namespace {

constexpr size_t kBands = 16, kRows = MinHash::kFunctions / kBands;
// Thousands of texts of one band are a template; each is compared with its next neighbours only.
constexpr size_t kMostCompared = 48;

constexpr uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

struct Family {
  std::array<uint32_t, MinHash::kFunctions> offset{}, factor{};
};
constexpr Family make_family() {
  Family family;
  for (size_t i = 0; i < MinHash::kFunctions; ++i) {
    family.offset[i] = static_cast<uint32_t>(mixed(2 * i + 1));
    family.factor[i] = static_cast<uint32_t>(mixed(2 * i + 2)) | 1;
  }
  return family;
}
constexpr Family kFamily = make_family();

void take_in(uint64_t shingle, std::array<uint32_t, MinHash::kFunctions>& minima,
             uint64_t& smallest) {
  const uint64_t hash = mixed(shingle);
  smallest = std::min(smallest, hash);
  const auto low = static_cast<uint32_t>(hash);
  for (size_t i = 0; i < MinHash::kFunctions; ++i)
    minima[i] = std::min(minima[i], (low ^ kFamily.offset[i]) * kFamily.factor[i]);
}

}  // namespace

void sketch_text(std::span<const uint64_t> words, MinHash& sketch) {
  sketch.text = 0;
  sketch.smallest = UINT64_MAX;
  if (words.empty()) return;
  std::array<uint32_t, MinHash::kFunctions> minima;
  minima.fill(UINT32_MAX);
  uint64_t text = words.size();
  for (size_t i = 0; i < words.size(); ++i) {
    take_in(words[i], minima, sketch.smallest);
    if (i > 0) take_in(words[i - 1] * 0x9e3779b97f4a7c15ULL + words[i], minima, sketch.smallest);
    text = mixed(text ^ words[i]);
  }
  // The highest bits of a minimum are nearly always zero; those in the middle are random.
  for (size_t i = 0; i < MinHash::kFunctions; ++i)
    sketch.minima[i] = static_cast<uint8_t>(minima[i] >> 12);
  sketch.text = text | static_cast<uint64_t>(text == 0);
}

double estimated_similarity(const MinHash& a, const MinHash& b) {
  size_t equal = 0;
  for (size_t i = 0; i < MinHash::kFunctions; ++i) equal += a.minima[i] == b.minima[i];
  constexpr double kChance = 1.0 / 256;
  const double share = static_cast<double>(equal) / MinHash::kFunctions;
  return std::max(0.0, (share - kChance) / (1 - kChance));
}

void NearDuplicates::add(const MinHash& sketch) {
  if (sketch.text == 0 || sketch.smallest > bound_) return;
  sketches_.try_emplace(sketch.text, sketch);
  while (sketches_.size() > capacity_) shrink();
}

void NearDuplicates::shrink() {
  bound_ >>= 1;
  std::erase_if(sketches_, [&](const auto& entry) { return entry.second.smallest > bound_; });
}

void NearDuplicates::merge(const NearDuplicates& other) {
  while (bound_ > other.bound_) shrink();
  for (const auto& [text, sketch] : other.sketches_) add(sketch);
}

double NearDuplicates::share() const {
  std::vector<const MinHash*> texts;
  for (const auto& [text, sketch] : sketches_) texts.push_back(&sketch);
  std::sort(texts.begin(), texts.end(),
            [](const MinHash* a, const MinHash* b) { return a->text < b->text; });
  std::vector<uint8_t> found(texts.size());
  std::vector<std::pair<uint32_t, uint32_t>> order(texts.size());
  for (size_t band = 0; band < kBands; ++band) {
    for (size_t i = 0; i < texts.size(); ++i) {
      uint32_t key;
      static_assert(kRows == sizeof key);
      std::memcpy(&key, texts[i]->minima.data() + band * kRows, sizeof key);
      order[i] = {key, static_cast<uint32_t>(i)};
    }
    std::sort(order.begin(), order.end());
    for (size_t i = 0; i < order.size(); ++i) {
      const size_t end = std::min(order.size(), i + 1 + kMostCompared);
      for (size_t j = i + 1; j < end && order[j].first == order[i].first; ++j) {
        const uint32_t a = order[i].second, b = order[j].second;
        if (found[a] != 0 && found[b] != 0) continue;
        if (estimated_similarity(*texts[a], *texts[b]) >= kSimilar) found[a] = found[b] = 1;
      }
    }
  }
  const auto count = std::count(found.begin(), found.end(), uint8_t{1});
  return texts.empty() ? 0 : static_cast<double>(count) / static_cast<double>(texts.size());
}

}  // namespace clipwright::audit::diversity
