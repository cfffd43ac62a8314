// CLIP's tokenizer as transformers' CLIPTokenizer reads it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "text/bpe/vocabulary.h"

namespace clipwright::text::bpe {

/// Names and contents of vocab.json, merges.txt, tokenizer_config.json and special_tokens_map.json.
std::vector<std::pair<std::string, std::string>> hugging_face_tokenizer(
    const Vocabulary& vocabulary);

/// Names and contents of tokenizer.json, as the library `tokenizers` reads it by itself (start and
/// end token around a text, no padding), and of tokenizer_config.json.
std::vector<std::pair<std::string, std::string>> fast_tokenizer(const Vocabulary& vocabulary);

}  // namespace clipwright::text::bpe
