#include "data/loader/sample_maker.h"

#include <algorithm>

#include "core/random.h"

namespace clipwright::data::loader {
namespace {

constexpr int kMostReplacements = 100;

}  // namespace

SampleMaker::SampleMaker(const source::Dataset& dataset, const captions::TextMaker* texts,
                         const LoaderOptions& options)
    : dataset_(dataset),
      texts_(texts),
      options_(options),
      pipeline_(options.recipe, options.image_size) {}

bool SampleMaker::make(int64_t index, int64_t epoch, const RowViews& chw, SampleTexts& texts) {
  texts.bad.clear();
  const auto turn = static_cast<uint64_t>(epoch);
  std::string key = dataset_.key(index);
  std::string reason = try_pair(index, key, turn, chw, texts);
  if (reason.empty()) return true;
  Random order(options_.seed, "replace", turn, key);
  texts.bad.push_back({index, std::move(key), std::move(reason)});
  for (int i = 0; i < kMostReplacements; ++i) {
    const auto other = static_cast<int64_t>(order.below(static_cast<uint64_t>(dataset_.size())));
    key = dataset_.key(other);
    reason = try_pair(other, key, turn, chw, texts);
    if (reason.empty()) return true;
  }
  return false;
}

std::string SampleMaker::try_pair(int64_t index, const std::string& key, uint64_t epoch,
                                  const RowViews& chw, SampleTexts& texts) {
  texts.index = index;
  if (std::string reason = make_texts(index, key, epoch, texts); !reason.empty()) return reason;
  const source::ImageBytes picture = dataset_.image(index);
  if (!picture.error.empty()) return picture.error;
  return make_views(picture.view, key, epoch, chw);
}

std::string SampleMaker::make_texts(int64_t index, const std::string& key, uint64_t epoch,
                                    SampleTexts& texts) {
  texts.ids.clear();
  texts.targets.clear();
  texts.ends.clear();
  if (texts_ == nullptr) return {};
  bool any = false;
  const text::tokens::Tokenizer& tokenizer =
      options_.tokenizer ? *options_.tokenizer : text::bpe::Tokenizer::standard();
  for (const std::string& text : texts_->make(index, epoch, key)) {
    any = any || !text.empty();
    const size_t slot = texts.ends.size(), begin = texts.ids.size();
    tokenizer.encode(text, texts.ids, options_.context_length);
    texts.ends.push_back(texts.ids.size());
    if (slot >= texts_->slots().size() || !texts_->slots()[slot].masked) continue;
    texts.targets.resize(texts.ids.size(), captions::kNotHidden);
    Random hiding = captions::slot_draws(options_.seed, "mask", slot, epoch, key);
    captions::hide_words(options_.masking, hiding, std::span(texts.ids).subspan(begin),
                         std::span(texts.targets).subspan(begin));
  }
  return any ? "" : "has no caption";
}

std::string SampleMaker::make_views(std::span<const std::byte> file, const std::string& key,
                                    uint64_t epoch, const RowViews& chw) {
  const auto copy = [](std::span<const uint8_t> from, std::span<uint8_t> to) {
    std::copy(from.begin(), from.end(), to.begin());
  };
  const size_t views = options_.views.size();
  if (views == 0) {
    std::string reason = pipeline_.evaluate(file, chw[0]);
    for (size_t v = 1; reason.empty() && v < static_cast<size_t>(options_.evaluation_views); ++v)
      copy(chw[0], chw[v]);
    return reason;
  }
  draws_.clear();
  for (size_t v = 0; v < views; ++v) {
    const std::string purpose = v == 0 ? "crop" : "view " + std::to_string(v);
    draws_.emplace_back(options_.seed, purpose, epoch, key);
  }
  if (views == 1) return pipeline_.views(file, options_.views, draws_, chw[0]);
  together_.resize(views * chw.bytes);
  std::string reason = pipeline_.views(file, options_.views, draws_, together_);
  for (size_t v = 0; reason.empty() && v < views; ++v)
    copy(std::span(together_).subspan(v * chw.bytes, chw.bytes), chw[v]);
  return reason;
}

}  // namespace clipwright::data::loader
