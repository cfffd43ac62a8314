#include "data/loader/sample_maker.h"

#include "core/random.h"

namespace clipwright::data::loader {
namespace {

constexpr int kMostReplacements = 100;

}  // namespace

SampleMaker::SampleMaker(const source::Dataset& dataset, const captions::CaptionTable* captions,
                         const LoaderOptions& options)
    : dataset_(dataset),
      captions_(captions),
      options_(options),
      pipeline_(options.recipe, options.image_size) {}

bool SampleMaker::make(int64_t index, int64_t epoch, std::span<uint8_t> chw, SampleTexts& texts) {
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
                                  std::span<uint8_t> chw, SampleTexts& texts) {
  texts.index = index;
  texts.ids.clear();
  texts.ends.clear();
  if (captions_ != nullptr) {
    bool any = false;
    for (const std::string& text :
         captions::choose_texts(options_.policy, *captions_, index, options_.seed, epoch, key)) {
      any = any || !text.empty();
      text::bpe::Tokenizer::standard().encode(text, texts.ids, options_.context_length);
      texts.ends.push_back(texts.ids.size());
    }
    if (!any) return "has no caption";
  }
  const source::ImageBytes picture = dataset_.image(index);
  if (!picture.error.empty()) return picture.error;
  if (!options_.augment) return pipeline_.evaluate(picture.view, chw);
  Random crop(options_.seed, "crop", epoch, key);
  return pipeline_.train(picture.view, crop, chw);
}

}  // namespace clipwright::data::loader
