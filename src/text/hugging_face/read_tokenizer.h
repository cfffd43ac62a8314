// The tokenizer of a folder, in whichever files it lies.
#pragma once

#include <filesystem>
#include <memory>

#include "text/hugging_face/tokenizer.h"

namespace clipwright::text::hugging_face {

/// Reads a folder's tokenizer.json, or vocab.json and merges.txt (GPT-2's byte-level pairs as
/// RoBERTa has them), or vocab.txt (BERT's WordPiece), the first that is there, with
/// tokenizer_config.json and special_tokens_map.json beside the last two. Throws Error(kInput) for
/// what is damaged and, by name, for what is not understood.
std::shared_ptr<const Tokenizer> read_tokenizer(const std::filesystem::path& folder);

}  // namespace clipwright::text::hugging_face
