// A pre-trained encoder as a model's text tower: where it comes from and the files that it leaves
// (docs/formats/sentence_encoder.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/json.h"
#include "models/clip.h"

namespace clipwright::models::encoders {

/// config.json of an encoder, as transformers reads it.
Json to_encoder_config(const EncoderConfig& config);

/// Files that a directory of the model has beside open_clip's, so that it can be read by itself:
/// the encoder's config.json and its tokenizer, by name. None with CLIP's own text tower.
std::vector<NamedText> text_encoder_files(const ModelConfig& config);

/// Fills in of a configuration with a Hugging Face text tower what these files in `folder` say.
/// Throws Error(kInput) where they are not there or do not belong together.
void complete_text_encoder(const std::filesystem::path& folder, ModelConfig& config);

/// `config` with the sentence encoder `encoder` (a folder or all-MiniLM-L6-v2) as its text tower,
/// pooled as the encoder says, with a linear projection; texts are cut to `context_length` tokens
/// (0: 77, or all that the encoder takes). Throws Error(kUsage) where `encoder` is none or takes
/// fewer, Error(kInput) where it is damaged.
ModelConfig with_text_encoder(const ModelConfig& config, const std::string& encoder,
                              int64_t context_length = 0);

/// The model with that text tower: image tower and scale are the model's own, the encoder has its
/// weights, the projection is drawn from `seed`. In evaluation mode.
std::shared_ptr<Clip> exchange_text_tower(const Clip& model, const std::string& encoder,
                                          int64_t context_length, uint64_t seed);

}  // namespace clipwright::models::encoders
