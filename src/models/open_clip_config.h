// open_clip_config.json: the keys of open_clip 3.3.0 (and timm_model_kwargs of its main branch),
// read strictly, written with the fewest keys.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "models/config.h"

namespace clipwright::models {

/// Behind what tells a SigLIP model.
inline constexpr const char* kNoSiglip =
    "It is a SigLIP model: their image towers (pooled by attention), text towers (without a causal "
    "mask) and SentencePiece vocabularies are not read. Vision transformers and ResNets of CLIP's "
    "kind are, with CLIP's own vocabulary.";

/// From and to the contents of open_clip_config.json ({"model_cfg", "preprocess_cfg"}). Reading
/// throws Error(kInput) for an unknown key or a part that this program does not have (timm towers
/// other than LaCLIP's, ...), saying which. Of a Hugging Face text tower the encoder's own
/// configuration stands in a file beside this one (models/encoders/pretrained_text.h).
ModelConfig parse_open_clip_config(const Json& json, std::string_view where);
/// Throws Error(kUsage) for what open_clip cannot express.
Json to_open_clip_config(const ModelConfig& config);
/// What of a model open_clip cannot express; empty where it can.
std::string beyond_open_clip(const ModelConfig& config);

}  // namespace clipwright::models
