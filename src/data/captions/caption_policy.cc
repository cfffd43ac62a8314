#include "data/captions/caption_policy.h"

#include "core/error.h"
#include "core/random.h"

namespace clipwright::data::captions {
namespace {

/// LaCLIP's test for a text that is worth training on: at least two pieces when split on a single
/// space.
bool has_two_pieces(const std::string& text) { return text.find(' ') != std::string::npos; }

}  // namespace

CaptionPolicy parse_caption_policy(std::string_view name) {
  if (name == "original") return CaptionPolicy::kOriginal;
  if (name == "uniform") return CaptionPolicy::kUniform;
  if (name == "all") return CaptionPolicy::kAll;
  const std::string near = nearest(name, {"original", "uniform", "all"});
  fail_usage("'" + std::string(name) + "' is no caption policy", "original, uniform or all",
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

int texts_per_sample(CaptionPolicy policy, const CaptionTable& table) {
  return policy == CaptionPolicy::kAll ? table.rewrites() + 1 : 1;
}

std::vector<std::string> choose_texts(CaptionPolicy policy, const CaptionTable& table,
                                      int64_t index, uint64_t seed, uint64_t epoch,
                                      std::string_view key) {
  std::vector<std::string> texts;
  if (policy == CaptionPolicy::kAll) {
    texts.push_back(table.text(index, 0));
    for (int slot = 1; slot <= table.rewrites(); ++slot) {
      std::string text = table.text(index, slot);
      texts.push_back(has_two_pieces(text) ? std::move(text) : texts[0]);
    }
    return texts;
  }
  int slot = 0;
  if (policy == CaptionPolicy::kUniform) {
    slot = static_cast<int>(
        Random(seed, "caption", epoch, key).below(static_cast<uint64_t>(table.rewrites()) + 1));
  }
  std::string text = table.text(index, slot);
  if (slot != 0 && !has_two_pieces(text)) text = table.text(index, 0);
  texts.push_back(std::move(text));
  return texts;
}

}  // namespace clipwright::data::captions
