// tokenizer.json: what each of its parts says (docs/formats/sentence_encoder.md).
#pragma once

#include <string>

#include "core/json.h"
#include "text/hugging_face/tokenizer.h"

namespace clipwright::text::hugging_face {

/// Throws Error(kInput) naming `where` and the part that is damaged or not understood.
TokenizerParts parse_tokenizer(const Json& file, const std::string& where);

/// The id of `word`. Throws Error(kInput) where it has none.
int32_t id_of(const Words& words, const std::string& word, const std::string& where);
/// A vocabulary {"word": id}. Throws Error(kInput).
Words parse_words(const Json& vocabulary, const std::string& where);
/// The largest id among words.
int32_t largest_id(const Words& words);

}  // namespace clipwright::text::hugging_face
