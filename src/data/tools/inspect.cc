#include "data/tools/inspect.h"

#include <algorithm>
#include <cstdio>
#include <unordered_map>

#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/random.h"
#include "data/image/image_decoder.h"
#include "data/image/picture_format.h"
#include "text/bpe/tokenizer.h"

namespace clipwright::data::tools {
namespace {

constexpr int kNoLimit = 1 << 20;
constexpr size_t kBadKeys = 5;

Spread spread_of(std::vector<int64_t> values) {
  Spread spread;
  if (values.empty()) return spread;
  std::sort(values.begin(), values.end());
  for (const int64_t value : values)
    spread.mean += static_cast<double>(value) / static_cast<double>(values.size());
  spread.smallest = values.front();
  spread.median = values[values.size() / 2];
  spread.nearly_all = values[values.size() * 95 / 100];
  spread.largest = values.back();
  return spread;
}

std::string colours_of(image::PixelKind kind) {
  switch (kind) {
    case image::PixelKind::kColour:
      return "colour or grey";
    case image::PixelKind::kAlpha:
      return "with transparency";
    case image::PixelKind::kInk:
      return "CMYK";
    case image::PixelKind::kIndexed:
      return "palette or one bit";
    case image::PixelKind::kGrey16:
      return "16-bit grey";
  }
  return {};
}

Json json_of(const Spread& spread) {
  return {{"mean", spread.mean},
          {"min", spread.smallest},
          {"median", spread.median},
          {"p95", spread.nearly_all},
          {"max", spread.largest}};
}

std::string text_of(const Spread& spread) {
  char mean[32];
  std::snprintf(mean, sizeof mean, "%.1f", spread.mean);
  return "mean " + std::string(mean) + ", median " + with_commas(spread.median) + ", 95 % up to " +
         with_commas(spread.nearly_all) + ", from " + with_commas(spread.smallest) + " to " +
         with_commas(spread.largest);
}

std::string text_of(const std::map<std::string, int64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts)
    text += (text.empty() ? "" : ", ") + name + " " + with_commas(count);
  return text;
}

}  // namespace

Inspection inspect(const source::Dataset& dataset, int64_t sample) {
  Inspection result;
  result.source = dataset.describe();
  result.pairs = dataset.size();
  result.sampled = std::min(result.pairs, std::max<int64_t>(1, sample));
  const text::bpe::Tokenizer& tokenizer = text::bpe::Tokenizer::standard();
  std::vector<int64_t> tokens, widths, heights, sizes;
  std::unordered_map<uint64_t, int64_t> captions;
  int64_t truncated = 0;
  image::ImageReader reader;
  image::Image image;
  Progress progress("inspecting pairs", result.sampled);
  for (int64_t i = 0; i < result.sampled; ++i) {
    stop_if_interrupted();
    const auto index =
        static_cast<int64_t>(static_cast<__int128>(i) * result.pairs / result.sampled);
    const std::vector<std::string> texts = dataset.captions(index);
    result.without_caption += texts[0].empty() ? 1 : 0;
    result.several_captions += texts.size() > 1 ? 1 : 0;
    result.labelled += dataset.label(index) >= 0 ? 1 : 0;
    for (const std::string& text : texts) {
      if (text.empty()) continue;
      tokens.push_back(static_cast<int64_t>(tokenizer.encode(text, kNoLimit).size()));
      truncated += tokens.back() > text::bpe::kContextLength ? 1 : 0;
      ++captions[hash64(text)];
    }
    const source::ImageBytes bytes = dataset.image(index);
    std::string problem = bytes.error;
    if (problem.empty()) {
      sizes.push_back(static_cast<int64_t>(bytes.view.size()));
      if (image::ImageDecoder* decoder = reader.open(bytes.view, problem)) {
        widths.push_back(decoder->width());
        heights.push_back(decoder->height());
        const std::string format(image::format_name(image::picture_format(bytes.view)));
        ++result.kinds[format + " " + colours_of(decoder->kind())];
        problem = decoder->decode({0, 0, decoder->width(), decoder->height()}, image);
      }
    }
    if (!problem.empty()) {
      ++result.bad[problem];
      if (result.bad_keys.size() < kBadKeys) result.bad_keys.push_back(dataset.key(index));
    }
    progress.update(i + 1);
  }
  progress.finish();
  if (!tokens.empty())
    result.share_truncated = static_cast<double>(truncated) / static_cast<double>(tokens.size());
  for (const auto& [hash, count] : captions) result.repeated_captions += count > 1 ? count : 0;
  result.tokens = spread_of(std::move(tokens));
  result.width = spread_of(std::move(widths));
  result.height = spread_of(std::move(heights));
  result.bytes = spread_of(std::move(sizes));
  return result;
}

Json Inspection::to_json() const {
  Json json;
  json["source"] = source;
  json["pairs"] = pairs;
  json["sampled"] = sampled;
  json["without_caption"] = without_caption;
  json["several_captions"] = several_captions;
  json["labelled"] = labelled;
  json["repeated_captions"] = repeated_captions;
  json["caption_tokens"] = json_of(tokens);
  json["share_truncated_at_77"] = share_truncated;
  json["width"] = json_of(width);
  json["height"] = json_of(height);
  json["bytes"] = json_of(bytes);
  json["kinds"] = kinds;
  json["bad"] = bad;
  json["bad_keys"] = bad_keys;
  return json;
}

std::string Inspection::describe() const {
  char share[32];
  std::snprintf(share, sizeof share, "%.2f %%", share_truncated * 100);
  std::string text = source + "\nlooked at      " + with_commas(sampled) + " of " +
                     with_commas(pairs) + " pairs\n";
  text += "caption tokens " + text_of(tokens) + "; longer than 77: " + share + "\n";
  text += "captions       " + with_commas(without_caption) + " missing, " +
          with_commas(several_captions) + " pictures with several, " +
          with_commas(repeated_captions) + " not the only one of their wording\n";
  if (labelled > 0) text += "labels         " + with_commas(labelled) + "\n";
  text += "width          " + text_of(width) + "\nheight         " + text_of(height) +
          "\nbytes          " + text_of(bytes) + "\n";
  text += "kinds          " + text_of(kinds) + "\n";
  text += "bad pictures   " + (bad.empty() ? std::string("none") : text_of(bad) + "; first keys:");
  for (const std::string& key : bad_keys) text += " " + key;
  return text + "\n";
}

}  // namespace clipwright::data::tools
