#include "eval/features.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "eval/picture_batches.h"
#include "losses/filip_heads.h"
#include "models/load_model.h"

namespace clipwright::eval {
namespace {

void check_bad_share(const data::source::Dataset& pictures,
                     const std::map<int64_t, std::string>& bad, int64_t seen, double most) {
  // A few bad pictures at the start say little about the rest.
  if (bad.empty() || (seen < pictures.size() && seen < 200)) return;
  if (static_cast<double>(bad.size()) <= most * static_cast<double>(seen)) return;
  fail_input(with_commas(static_cast<int64_t>(bad.size())) + " of " + with_commas(seen) +
                 " pictures cannot be read; the first is " + pictures.key(bad.begin()->first) +
                 " (" + bad.begin()->second + ")",
             "at most " + std::to_string(static_cast<int>(most * 100)) + " %");
}

/// Nothing is above NaN, so that a model whose training diverged would rank every answer first.
void require_finite(const Tensor& rows, const std::string& of) {
  if (at::isfinite(rows).all().item<bool>()) return;
  fail_input("the model's features of " + of + " are not finite",
             "weights that training has left finite",
             "Take a model or a checkpoint from before its loss became NaN.");
}

/// (B, E): the mean of the embeddings of the model's own class token and of the further ones.
Tensor mean_of_branches(models::Clip& model, const Tensor& pixels, const Tensor& class_tokens) {
  const models::ImageOutputs outputs =
      model.encode_image(pixels, models::ImageRequest{.class_tokens = class_tokens});
  return unit_rows(at::cat({outputs.embedding.unsqueeze(1), outputs.branches}, 1)).mean(1);
}

/// What reads texts.
struct TextReader {
  const text::tokens::Tokenizer& tokenizer;
  int context_length;
  int64_t width;
  std::function<Tensor(const models::TextBatch&)> encode;  ///< (N, W)
};

TextFeatures read_texts(const TextReader& reader, const std::vector<std::string>& texts,
                        const EvalOptions& options) {
  TextFeatures features;
  // Sorted by their tokens, so that texts that begin alike are neighbours and share what they begin
  // with.
  std::map<std::vector<int32_t>, int64_t> known;
  std::vector<const int64_t*> place_of(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    std::vector<int32_t> ids;
    if (!reader.tokenizer.encode(texts[i], ids, reader.context_length)) ++features.cut;
    place_of[i] = &known.try_emplace(std::move(ids), 0).first->second;
  }
  std::vector<const std::vector<int32_t>*> unique;
  for (auto& [ids, place] : known) {
    place = static_cast<int64_t>(unique.size());
    unique.push_back(&ids);
  }
  std::vector<int64_t> row(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) row[i] = *place_of[i];
  const auto count = static_cast<int64_t>(unique.size());
  Tensor rows = torch::empty({count, reader.width});
  Progress progress("texts", count);
  for (int64_t first = 0; first < count; first += options.batch_size) {
    stop_if_interrupted();
    const int64_t size = std::min(options.batch_size, count - first);
    text::bpe::PackedTexts packed;
    for (int64_t i = first; i < first + size; ++i) {
      const std::vector<int32_t>& ids = *unique[static_cast<size_t>(i)];
      packed.ids.insert(packed.ids.end(), ids.begin(), ids.end());
      packed.offsets.push_back(static_cast<int32_t>(packed.ids.size()));
    }
    rows.narrow(0, first, size).copy_(reader.encode(models::to_text_batch(packed)));
    progress.update(first + size);
  }
  progress.finish();
  require_finite(rows, "texts");
  features.rows = rows.index_select(0, torch::tensor(row, torch::kInt64));
  return features;
}

}  // namespace

ImageFeatures embed_images(models::Clip& model, const data::source::Dataset& pictures,
                           const EvalOptions& options) {
  const auto encode = [&](const Tensor& pixels) {
    return options.class_tokens.defined() ? mean_of_branches(model, pixels, options.class_tokens)
                                          : model.encode_image(pixels);
  };
  const auto compute = [&] {
    return encode_pictures(model, pictures, model.config().embed_dim, encode, options);
  };
  return options.store && !options.class_tokens.defined()
             ? options.store->features(model, pictures, "embedding", compute)
             : compute();
}

ImageFeatures encode_pictures(models::Clip& model, const data::source::Dataset& pictures,
                              int64_t columns, const EncodePictures& encode,
                              const EvalOptions& options) {
  const models::Evaluating evaluating(model);
  const torch::Device device = model.logit_scale().device();
  const int64_t total = pictures.size(), side = model.config().vision.image_size;
  ImageFeatures features;
  features.rows = torch::zeros({total, columns});
  PictureBatches batches(pictures, model.config(), options.batch_size, options.workers);
  Progress progress("pictures", total);
  for (PictureBatch batch = batches.next(); batch.size > 0; batch = batches.next()) {
    stop_if_interrupted();
    const Tensor pixels = torch::from_blob(batch.pixels.data(), {batch.size, 3, side, side},
                                           torch::kUInt8);  // (B, 3, S, S)
    const Tensor rows = encode(
        models::normalize_pixels(pixels.to(device), model.config().preprocess));  // (B, columns)
    require_finite(rows, "pictures");
    features.rows.narrow(0, batch.first, batch.size).copy_(rows);
    for (const auto& [index, why] : batch.bad) features.rows[index].zero_();
    features.bad.merge(batch.bad);
    check_bad_share(pictures, features.bad, batch.first + batch.size, options.max_bad_share);
    progress.update(batch.first + batch.size);
  }
  progress.finish();
  if (!features.bad.empty()) {
    const auto& [index, why] = *features.bad.begin();
    log_warning(with_commas(static_cast<int64_t>(features.bad.size())) + " of " +
                with_commas(total) + " pictures cannot be read; the first is " +
                pictures.key(index) + " (" + why + ")");
  }
  return features;
}

Tensor embed_texts(models::Clip& model, const std::vector<std::string>& texts,
                   const EvalOptions& options) {
  return embed_and_count(model, texts, options).rows;
}

TextFeatures embed_and_count(models::Clip& model, const std::vector<std::string>& texts,
                             const EvalOptions& options) {
  const models::Evaluating evaluating(model);
  const models::TextConfig& config = model.config().text;
  if (!config.pretrained && config.words() != text::bpe::kVocabularySize) {
    fail_input("the model's vocabulary has " + with_commas(config.words()) + " entries",
               "CLIP's 49,408",
               "Where the mask's is one of them, as in DeCLIP's towers, text_cfg of "
               "open_clip_config.json says \"token_numbering\": \"declip\".");
  }
  const auto encode = [&](const models::TextBatch& batch) {
    return model.encode_text(batch, models::TextRequest{.share_prefixes = true}).embedding;
  };
  return read_texts({model.tokenizer(), config.context_length, model.config().embed_dim, encode},
                    texts, options);
}

TextFeatures embed_and_count(models::encoders::SentenceEncoder& encoder,
                             const std::vector<std::string>& texts, const EvalOptions& options) {
  const models::Evaluating evaluating(encoder);
  const auto encode = [&](const models::TextBatch& batch) { return encoder.encode(batch); };
  return read_texts({encoder.tokenizer(), encoder.context_length(), encoder.width(), encode}, texts,
                    options);
}

void warn_without_global_features(const std::string& model) {
  const std::filesystem::path folder = models::find_model_folder(model);
  if (folder.empty() || !losses::lacks_global_features(folder)) return;
  log_warning(
      "--model " + model +
      " was trained to compare patches with words alone: its global features are as they "
      "were drawn, so the numbers are those of an untrained model. `eval zeroshot --tokens` "
      "uses what it learned.");
}

Tensor unit_rows(const Tensor& features) {
  constexpr double kLeast = 1e-12;
  const auto divided = [](const Tensor& rows, const Tensor& norm) {
    return rows / norm.clamp_min(kLeast);
  };
  const Tensor norm = features.norm(2, -1, /*keepdim=*/true);
  const Tensor plain = norm.isfinite().logical_and(norm >= kLeast);
  Tensor unit = divided(features, norm);
  if (plain.all().item<bool>()) return unit;
  // Squares of very large or very small numbers leave the type's range: these rows are brought
  // near one first.
  const Tensor largest = features.abs().amax(-1, /*keepdim=*/true);
  const Tensor near = features / at::where(largest > 0, largest, at::ones_like(largest));
  return at::where(plain, unit, divided(near, near.norm(2, -1, /*keepdim=*/true)));
}

}  // namespace clipwright::eval
