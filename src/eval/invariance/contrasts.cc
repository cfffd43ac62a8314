#include "eval/invariance/contrasts.h"

#include "core/error.h"

namespace clipwright::eval::invariance {
namespace {

double similarity(const Tensor& a, int64_t row_a, const Tensor& b, int64_t row_b) {
  const int64_t width = a.size(1);
  const float *x = a.data_ptr<float>() + row_a * width, *y = b.data_ptr<float>() + row_b * width;
  double sum = 0;
  for (int64_t d = 0; d < width; ++d) sum += static_cast<double>(x[d]) * static_cast<double>(y[d]);
  return sum;
}

bool beats(double one, double other) { return one > other + kRounding; }

std::optional<double> share(int64_t part, int64_t of) {
  if (of == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(of);
}

}  // namespace

int64_t TextPool::add(const std::string& text) {
  std::vector<int32_t> ids;
  tokenizer_.encode(text, ids, context_length_);
  const std::string bytes(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(int32_t));
  const auto [place, added] = place_.try_emplace(bytes, static_cast<int64_t>(texts_.size()));
  if (added) texts_.push_back(text);
  return place->second;
}

Preferences& Preferences::operator+=(const Preferences& other) {
  pairs += other.pairs;
  prefer_original += other.prefer_original;
  reworded_pairs += other.reworded_pairs;
  prefer_both += other.prefer_both;
  text_pairs += other.text_pairs;
  prefer_meaning += other.prefer_meaning;
  return *this;
}

std::optional<double> Preferences::sensitivity() const { return share(prefer_original, pairs); }
std::optional<double> Preferences::sensitivity_reworded() const {
  return share(prefer_both, reworded_pairs);
}
std::optional<double> Preferences::text_sensitivity() const {
  return share(prefer_meaning, text_pairs);
}

Preferences judge(const Contrast& contrast, const Tensor& pictures, const Tensor& texts) {
  CW_CHECK(pictures.is_contiguous() && texts.is_contiguous() &&
               pictures.scalar_type() == torch::kFloat32 &&
               texts.scalar_type() == torch::kFloat32 && pictures.size(1) == texts.size(1),
           "features of pictures (N, E) and texts (M, E) in float32");
  Preferences found;
  for (const int64_t picture : contrast.pictures) {
    const double original = similarity(pictures, picture, texts, contrast.original),
                 negative = similarity(pictures, picture, texts, contrast.negative);
    ++found.pairs;
    found.prefer_original += beats(original, negative);
    for (const int64_t rewording : contrast.rewordings) {
      ++found.reworded_pairs;
      found.prefer_both += beats(original, negative) &&
                           beats(similarity(pictures, picture, texts, rewording), negative);
    }
  }
  for (const int64_t rewording : contrast.rewordings) {
    const double together = similarity(texts, contrast.original, texts, rewording);
    ++found.text_pairs;
    found.prefer_meaning +=
        beats(together, similarity(texts, contrast.original, texts, contrast.negative)) &&
        beats(together, similarity(texts, rewording, texts, contrast.negative));
  }
  return found;
}

}  // namespace clipwright::eval::invariance
