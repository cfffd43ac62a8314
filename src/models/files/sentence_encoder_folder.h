// Encoders of texts as sentence-transformers and transformers leave them in a folder
// (docs/formats/sentence_encoder.md).
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "models/config.h"
#include "tensor/tensor.h"
#include "text/hugging_face/tokenizer.h"

namespace clipwright::models::files {

struct SentenceEncoderFolder {
  EncoderConfig config;
  int longest = 0;  ///< tokens that a text may have before it is cut
  std::shared_ptr<const text::hugging_face::Tokenizer> tokenizer;
  std::filesystem::path weights;  ///< the folder with config.json
};

/// A folder with modules.json, or with the config.json of another model than CLIP's kind.
bool is_sentence_encoder_folder(const std::filesystem::path& folder);

/// What the folder says: modules.json (Transformer, Pooling, Normalize; without it rows are
/// averaged, as sentence-transformers does, and said), config.json of BERT or RoBERTa, the
/// tokenizer. Throws Error(kInput) for what is damaged and, by name, for what is not understood:
/// other models, modules and poolings.
SentenceEncoderFolder read_sentence_encoder_folder(const std::filesystem::path& folder);

/// config.json of BERT or RoBERTa alone, with this pooling. Throws Error(kInput).
EncoderConfig read_encoder_config(const std::filesystem::path& folder, Pooling pooling);

/// The weights under the names that `TextEncoder::table` has, heads left out. Throws Error(kInput)
/// where they are damaged or fewer than the configuration has.
std::vector<NamedTensor> read_encoder_weights(const std::filesystem::path& folder,
                                              const EncoderConfig& config);

}  // namespace clipwright::models::files
