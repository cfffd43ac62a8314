#include "models/encoders/sentence_encoder.h"

#include "models/files/sentence_encoder_folder.h"
#include "models/towers/text_encoder.h"

namespace clipwright::models::encoders {

SentenceEncoder::SentenceEncoder(const std::filesystem::path& folder) {
  const torch::NoGradGuard no_grad;
  const files::SentenceEncoderFolder read = files::read_sentence_encoder_folder(folder);
  const std::vector<NamedTensor> weights = files::read_encoder_weights(read.weights, read.config);
  encoder_ = register_module("encoder", std::make_shared<towers::TextEncoder>(read.config));
  encoder_->table().load(weights, read.weights.string(), "the encoder of its config.json");
  tokenizer_ = read.tokenizer;
  context_length_ = read.longest;
  eval();
}

SentenceEncoder::~SentenceEncoder() = default;

Tensor SentenceEncoder::encode(const TextBatch& texts) {
  return encoder_->forward(texts.ids, texts.offsets);
}

const text::tokens::Tokenizer& SentenceEncoder::tokenizer() const { return *tokenizer_; }

int SentenceEncoder::width() const { return encoder_->config.width; }

const tensor::ParameterTable& SentenceEncoder::table() const { return encoder_->table(); }

}  // namespace clipwright::models::encoders
