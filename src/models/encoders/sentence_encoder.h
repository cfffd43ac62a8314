// A sentence encoder by itself: texts to features, no pictures.
#pragma once

#include <memory>
#include <string>

#include "models/clip.h"
#include "text/tokens/tokenizer.h"

namespace clipwright::models::towers {
class TextEncoder;
}

namespace clipwright::models::encoders {

class SentenceEncoder : public torch::nn::Module {
 public:
  /// Reads a folder (models/files/sentence_encoder_folder.h). In evaluation mode.
  explicit SentenceEncoder(const std::filesystem::path& folder);
  ~SentenceEncoder() override;

  /// Texts to features (N, W), not of unit length. Equals sentence-transformers' before its
  /// Normalize.
  Tensor encode(const TextBatch& texts);

  const text::tokens::Tokenizer& tokenizer() const;
  int context_length() const { return context_length_; }  ///< tokens of the longest text
  int width() const;                                      ///< W
  const tensor::ParameterTable& table() const;

 private:
  std::shared_ptr<towers::TextEncoder> encoder_;
  std::shared_ptr<const text::tokens::Tokenizer> tokenizer_;
  int context_length_ = 0;
};

}  // namespace clipwright::models::encoders
