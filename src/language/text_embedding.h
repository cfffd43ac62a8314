// Vectors of texts from a GGUF model: an embedding model's own, or the mean of a language model's
// last hidden states.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "language/language_model.h"

struct llama_context;

namespace clipwright::language {

class TextEmbedding {
 public:
  static constexpr size_t kMostTokens = 512;  ///< a longer text is cut

  /// Throws Error(kFailed) when memory is short, Error(kInput) for a reranking model.
  TextEmbedding(const LanguageModel& model, int threads);
  ~TextEmbedding();

  size_t width() const { return width_; }
  /// True when the file names a pooling of its own, as embedding models do.
  bool has_own_pooling() const { return own_pooling_; }
  /// (N, width) of unit length, a row a text; a text without tokens has zeros.
  std::vector<float> embed(std::span<const std::string> texts);

 private:
  struct Free {
    void operator()(llama_context* context) const;
  };
  std::vector<int32_t> tokens_of(const std::string& text) const;
  void decode(std::span<const std::vector<int32_t>> texts);
  void read_row(int sequence, int first, int count, std::span<float> row) const;

  const LanguageModel& model_;
  std::unique_ptr<llama_context, Free> context_;
  size_t width_;
  bool own_pooling_ = false;
};

}  // namespace clipwright::language
