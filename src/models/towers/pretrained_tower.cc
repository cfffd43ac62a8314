#include "models/towers/pretrained_tower.h"

#include "core/error.h"
#include "models/towers/text_encoder.h"
#include "tensor/linear.h"

namespace clipwright::models::towers {

PretrainedTower::PretrainedTower(const PretrainedText& text, int embed_dim) {
  encoder_ = register_module("encoder", std::make_shared<TextEncoder>(text.encoder));
  table_.append(encoder_->table(), "text.transformer.");
  const int64_t width = text.encoder.width;
  const auto add = [&](const char* name, int64_t out, int64_t in) {
    const std::string in_module = "projection_" + std::to_string(projection_.size());
    projection_.push_back(register_parameter(in_module, torch::zeros({out, in}, torch::kFloat32)));
    table_.add(name, projection_.back());
  };
  switch (text.projection) {
    case TextProjection::kNone:
      CW_CHECK(width == embed_dim, "without a projection the widths are equal");
      break;
    case TextProjection::kLinear:
      add("text.proj.weight", embed_dim, width);
      break;
    case TextProjection::kMlp: {
      const int64_t hidden = (width + embed_dim) / 2;
      add("text.proj.0.weight", hidden, width);
      add("text.proj.2.weight", embed_dim, hidden);
      break;
    }
  }
}

PretrainedTower::~PretrainedTower() = default;

TextOutputs PretrainedTower::forward(const Tensor& ids, const Tensor& offsets,
                                     const TextRequest& request) {
  CW_CHECK(
      !request.tokens && !request.both_sides && !request.padding && !request.mask_token.defined(),
      "a pre-trained text tower gives embeddings alone");
  Tensor rows = encoder_->forward(ids, offsets);  // (N, W)
  for (size_t i = 0; i < projection_.size(); ++i) {
    if (i > 0) rows = at::gelu(rows);
    rows = tensor::linear_layer(rows, projection_[i], Tensor());
  }
  return {rows, {}, {}};
}

}  // namespace clipwright::models::towers
