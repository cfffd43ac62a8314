// Token ids of a stream of captions, a line each.
#pragma once

#include <cstdint>
#include <cstdio>

#include "text/bpe/tokenizer.h"

namespace clipwright::text::bpe {

/// Reads a caption a line and writes its ids a line, separated by spaces, with start and end token,
/// unpadded. Memory is that of the longest line. Stops early when the user interrupts. Returns the
/// number of captions. Throws Error(kInput) when a line is longer than 16 MB, Error(kFailed) when
/// reading or writing fails.
int64_t tokenize_lines(const Tokenizer& tokenizer, std::FILE* input, std::FILE* output,
                       int context_length = kContextLength);

}  // namespace clipwright::text::bpe
