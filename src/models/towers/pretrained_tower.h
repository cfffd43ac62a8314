// A text tower made of a pre-trained encoder and a projection, as open_clip's HFTextEncoder.
#pragma once

#include <memory>
#include <vector>

#include "models/config.h"
#include "models/tower_outputs.h"
#include "tensor/parameter_table.h"

namespace clipwright::models::towers {

class TextEncoder;

class PretrainedTower : public torch::nn::Module {
 public:
  PretrainedTower(const PretrainedText& text, int embed_dim);
  ~PretrainedTower() override;

  /// ids int64 (T) and offsets int32 (N + 1) on the CPU to embeddings (N, E). Nothing else may be
  /// asked for.
  TextOutputs forward(const Tensor& ids, const Tensor& offsets, const TextRequest& request);

  /// Under open_clip's names: "text.transformer.*" as transformers calls them, "text.proj.*".
  const tensor::ParameterTable& table() const { return table_; }
  const TextEncoder& encoder() const { return *encoder_; }

 private:
  tensor::ParameterTable table_;
  std::shared_ptr<TextEncoder> encoder_;
  std::vector<Tensor> projection_;  ///< none, one matrix, or two with a GELU between
};

}  // namespace clipwright::models::towers
