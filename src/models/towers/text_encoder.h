// BERT's and RoBERTa's encoder over packed texts: no padding is computed. Rows equal those of
// transformers' BertModel and RobertaModel without dropout.
#pragma once

#include <vector>

#include "models/config.h"
#include "tensor/packed_attention.h"
#include "tensor/parameter_table.h"

namespace clipwright::models::towers {

class TextEncoder : public torch::nn::Module {
 public:
  explicit TextEncoder(const EncoderConfig& config);

  /// ids int64 (T) and offsets int32 (N + 1) on the CPU to one row a text (N, W), as the
  /// configuration pools them. Where one token's row is read, the last layer computes that alone.
  Tensor forward(const Tensor& ids, const Tensor& offsets);

  /// Every tensor under its name in files of transformers ("embeddings.word_embeddings.weight").
  const tensor::ParameterTable& table() const { return table_; }

  EncoderConfig config;

 private:
  struct Linear {
    Tensor weight, bias;
    Tensor operator()(const Tensor& x) const;
  };
  struct Norm {
    Tensor weight, bias;
  };
  struct Layer {
    Linear query, key, value, out, expand, contract;
    Norm attention_norm, output_norm;
  };
  Tensor add(const std::string& name, torch::IntArrayRef shape, double value = 0,
             const std::string& cancelled = "");
  Linear add_linear(const std::string& name, int64_t out, int64_t in,
                    const std::string& cancelled = "");
  Norm add_norm(const std::string& name);
  Tensor normed(const Tensor& x, const Norm& norm) const;
  /// What of a layer goes by rows: those of `x` (R, W) and of its attention (R, W).
  Tensor finish(const Layer& layer, const Tensor& x, const Tensor& attended) const;

  tensor::ParameterTable table_;
  Tensor words_, positions_, types_;
  Norm embedding_norm_;
  std::vector<Layer> layers_;
  Linear pooler_;  ///< undefined: there is none
};

}  // namespace clipwright::models::towers
