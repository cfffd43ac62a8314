// Tokenizers from before there was tokenizer.json: a list of words, and what else they had to say.
#pragma once

#include <filesystem>

#include "text/hugging_face/tokenizer.h"

namespace clipwright::text::hugging_face {

/// BERT's from vocab.txt, a word a line, with tokenizer_config.json beside it (do_lower_case,
/// tokenize_chinese_chars, strip_accents, names of the special tokens). Throws Error(kInput).
TokenizerParts read_bert_vocabulary(const std::filesystem::path& folder);

/// RoBERTa's from vocab.json and merges.txt, with tokenizer_config.json beside them
/// (add_prefix_space, names of the special tokens). Throws Error(kInput).
TokenizerParts read_roberta_vocabulary(const std::filesystem::path& folder);

}  // namespace clipwright::text::hugging_face
