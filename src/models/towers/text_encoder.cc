#include "models/towers/text_encoder.h"

#include <algorithm>
#include <string>

#include "core/error.h"
#include "tensor/linear.h"

namespace clipwright::models::towers {
namespace {

/// For each packed token its row of the position table and its text, for each text its length and
/// the row that stands for it. On the CPU.
struct Places {
  Tensor positions, text_of, lengths, chosen;
};

Places places_of(const EncoderConfig& config, const Tensor& ids, const Tensor& offsets) {
  const int32_t* at = offsets.const_data_ptr<int32_t>();
  const int64_t texts = offsets.size(0) - 1, total = ids.size(0);
  const Tensor on_cpu = ids.to(torch::kCPU).contiguous();
  const int64_t* id = on_cpu.const_data_ptr<int64_t>();
  Places places{torch::empty({total}, torch::kInt64), torch::empty({total}, torch::kInt64),
                torch::empty({texts, 1}, torch::kFloat32), torch::empty({texts}, torch::kInt64)};
  int64_t* positions = places.positions.data_ptr<int64_t>();
  int64_t* text_of = places.text_of.data_ptr<int64_t>();
  const bool last = config.pooling == Pooling::kLastToken;
  for (int64_t n = 0; n < texts; ++n) {
    CW_CHECK(at[n + 1] > at[n] && at[n + 1] - at[n] <= config.longest(),
             "a packed text must hold one token at least and no more than there are positions");
    // RoBERTa counts the tokens that are no padding; a text may spell that token.
    int64_t seen = 0;
    for (int32_t t = at[n]; t < at[n + 1]; ++t) {
      const bool padding = config.kind == EncoderKind::kRoberta && id[t] == config.padding;
      positions[t] = config.kind == EncoderKind::kBert ? t - at[n]
                     : padding                         ? config.padding
                                                       : config.padding + ++seen;
      text_of[t] = n;
    }
    places.lengths.data_ptr<float>()[n] = static_cast<float>(at[n + 1] - at[n]);
    places.chosen.data_ptr<int64_t>()[n] = last ? at[n + 1] - 1 : at[n];
  }
  return places;
}

}  // namespace

Tensor TextEncoder::Linear::operator()(const Tensor& x) const {
  return tensor::linear_layer(x, weight, bias);
}

TextEncoder::TextEncoder(const EncoderConfig& c) : config(c) {
  const int64_t width = c.width;
  words_ = add("embeddings.word_embeddings.weight", {c.vocabulary_size, width});
  positions_ = add("embeddings.position_embeddings.weight", {c.positions, width});
  types_ = add("embeddings.token_type_embeddings.weight", {c.token_types, width});
  embedding_norm_ = add_norm("embeddings.LayerNorm");
  for (int i = 0; i < c.layers; ++i) {
    const std::string name = "encoder.layer." + std::to_string(i) + ".";
    Layer layer;
    layer.query = add_linear(name + "attention.self.query", width, width);
    layer.key = add_linear(name + "attention.self.key", width, width,
                           "it shifts every key alike, and a softmax does not see that");
    layer.value = add_linear(name + "attention.self.value", width, width);
    layer.out = add_linear(name + "attention.output.dense", width, width);
    layer.attention_norm = add_norm(name + "attention.output.LayerNorm");
    layer.expand = add_linear(name + "intermediate.dense", c.hidden, width);
    layer.contract = add_linear(name + "output.dense", width, c.hidden);
    layer.output_norm = add_norm(name + "output.LayerNorm");
    layers_.push_back(std::move(layer));
  }
  if (c.pooling == Pooling::kPooler) pooler_ = add_linear("pooler.dense", width, width);
}

Tensor TextEncoder::add(const std::string& name, torch::IntArrayRef shape, double value,
                        const std::string& cancelled) {
  std::string module_name = name;  // which may not hold dots
  std::replace(module_name.begin(), module_name.end(), '.', '_');
  const Tensor tensor = register_parameter(module_name, torch::full(shape, value, torch::kFloat32));
  table_.add({.name = name, .leaf = tensor, .cancelled = cancelled});
  return tensor;
}

TextEncoder::Linear TextEncoder::add_linear(const std::string& name, int64_t out, int64_t in,
                                            const std::string& cancelled) {
  return {add(name + ".weight", {out, in}), add(name + ".bias", {out}, 0, cancelled)};
}

TextEncoder::Norm TextEncoder::add_norm(const std::string& name) {
  return {add(name + ".weight", {config.width}, 1), add(name + ".bias", {config.width})};
}

Tensor TextEncoder::normed(const Tensor& x, const Norm& norm) const {
  return at::layer_norm(x, {config.width}, norm.weight, norm.bias, config.norm_epsilon);
}

Tensor TextEncoder::finish(const Layer& layer, const Tensor& x, const Tensor& attended) const {
  const Tensor middle = normed(x + layer.out(attended), layer.attention_norm);
  return normed(middle + layer.contract(at::gelu(layer.expand(middle))), layer.output_norm);
}

Tensor TextEncoder::forward(const Tensor& ids, const Tensor& offsets) {
  CW_CHECK(ids.dim() == 1 && offsets.dim() == 1 && offsets.is_cpu(),
           "the text encoder needs ids (T) and offsets (N + 1)");
  const torch::Device device = words_.device();
  const Places places = places_of(config, ids, offsets);
  const int64_t width = config.width, heads = config.heads, size = width / heads,
                total = ids.size(0), texts = offsets.size(0) - 1;
  const tensor::Packing packing(offsets, device);
  Tensor x = normed(at::embedding(words_, ids.to(device)) +
                        positions_.index_select(0, places.positions.to(device)) + types_[0],
                    embedding_norm_);  // (T, W)
  const bool one_row = config.pooling != Pooling::kMean;
  const size_t whole_layers = layers_.size() - (one_row ? 1 : 0);
  for (size_t i = 0; i < whole_layers; ++i) {
    const Layer& layer = layers_[i];
    const Tensor qkv =
        tensor::linear_layer(x, at::cat({layer.query.weight, layer.key.weight, layer.value.weight}),
                             at::cat({layer.query.bias, layer.key.bias, layer.value.bias}))
            .view({total, 3, heads, size});
    x = finish(layer, x, tensor::packed_full_attention(qkv, packing).reshape({total, width}));
  }
  if (!one_row) {
    const Tensor sums =
        torch::zeros({texts, width}, x.options()).index_add(0, places.text_of.to(device), x);
    return sums / places.lengths.to(device, x.scalar_type());
  }
  const Layer& layer = layers_.back();
  const Tensor chosen = x.index_select(0, places.chosen.to(device));  // (N, W)
  const Tensor key_value = tensor::linear_layer(x, at::cat({layer.key.weight, layer.value.weight}),
                                                at::cat({layer.key.bias, layer.value.bias}))
                               .view({total, 2, heads, size});
  const Tensor attended = tensor::packed_last_row_attention(
      layer.query(chosen).view({texts, heads, size}), key_value, packing);  // (N, H, D)
  const Tensor rows = finish(layer, chosen, attended.reshape({texts, width}));
  return config.pooling == Pooling::kPooler ? at::tanh(pooler_(rows)) : rows;
}

}  // namespace clipwright::models::towers
