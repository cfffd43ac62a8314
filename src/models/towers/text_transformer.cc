#include "models/towers/text_transformer.h"

#include "core/error.h"
#include "models/towers/shared_prefixes.h"
#include "tensor/linear.h"
#include "tensor/packed_attention.h"

namespace clipwright::models::towers {
namespace {

/// For each packed row its place within its text, and for each text its last row. int64 on the CPU.
struct Rows {
  Tensor positions, last;
};
Rows rows_of(const Tensor& offsets, int64_t total, int64_t context_length) {
  const int32_t* at = offsets.const_data_ptr<int32_t>();
  const int64_t texts = offsets.size(0) - 1;
  Rows rows{torch::empty({total}, torch::kInt64), torch::empty({texts}, torch::kInt64)};
  for (int64_t n = 0; n < texts; ++n) {
    CW_CHECK(at[n + 1] > at[n] && at[n + 1] - at[n] <= context_length,
             "a packed text must hold 1 to context_length tokens");
    for (int32_t t = at[n]; t < at[n + 1]; ++t) rows.positions.data_ptr<int64_t>()[t] = t - at[n];
    rows.last.data_ptr<int64_t>()[n] = at[n + 1] - 1;
  }
  return rows;
}

/// Texts of `length` tokens each, with id 0 behind their own.
Tensor filled_up(const Tensor& ids, const Tensor& offsets, int64_t length) {
  CW_CHECK(ids.is_cpu() && ids.scalar_type() == torch::kInt64, "ids to fill up lie on the CPU");
  const int32_t* at = offsets.const_data_ptr<int32_t>();
  const int64_t texts = offsets.size(0) - 1;
  const Tensor source = ids.contiguous();
  Tensor padded = torch::zeros({texts * length}, torch::kInt64);
  for (int64_t n = 0; n < texts; ++n) {
    std::copy(source.const_data_ptr<int64_t>() + at[n],
              source.const_data_ptr<int64_t>() + at[n + 1],
              padded.data_ptr<int64_t>() + n * length);
  }
  return padded;
}

}  // namespace

TextTransformer::TextTransformer(const TextConfig& c, int embed_dim) : config(c) {
  const int64_t width = c.width;
  const auto parameter = [this](const char* name, torch::IntArrayRef shape, double value = 0) {
    return register_parameter(name, torch::full(shape, value, torch::kFloat32));
  };
  positional_embedding = parameter("positional_embedding", {c.context_length, width});
  projection = parameter("text_projection", {width, embed_dim});
  if (c.projection_bias) projection_bias = parameter("text_projection_bias", {embed_dim});
  for (int i = 0; i < c.layers; ++i) {
    blocks.push_back(register_module("block_" + std::to_string(i),
                                     std::make_shared<ResidualBlock>(BlockConfig{
                                         width, c.heads, c.mlp_ratio, c.activation, 1e-5, false})));
  }
  token_embedding = parameter("token_embedding_weight", {c.vocabulary_size, width});
  ln_final_weight = parameter("ln_final_weight", {width}, 1);
  ln_final_bias = parameter("ln_final_bias", {width});
}

Tensor TextTransformer::embed(const Tensor& ids, const Tensor& mask_token) const {
  if (config.declip_numbering) {
    CW_CHECK(!mask_token.defined(), "a table in DeCLIP's order has a row for the mask");
    // Start and end lie one row further, and the mask, numbered after them here, before them.
    const int64_t mask = config.words();
    return at::embedding(token_embedding,
                         at::where(ids.eq(mask), ids - 2, ids + ids.ge(mask - 2).to(ids.dtype())));
  }
  if (!mask_token.defined()) return at::embedding(token_embedding, ids);
  const Tensor hidden = ids.ge(config.vocabulary_size);  // (T)
  return at::where(hidden.unsqueeze(1), mask_token,
                   at::embedding(token_embedding, ids.masked_fill(hidden, 0)));
}

Tensor TextTransformer::project(const Tensor& rows) const {
  const Tensor features = tensor::matrix_product(rows, projection);
  return projection_bias.defined() ? features + projection_bias : features;
}

TextOutputs TextTransformer::forward(const Tensor& given_ids, const Tensor& given_offsets,
                                     const TextRequest& request) {
  CW_CHECK(given_ids.dim() == 1 && given_offsets.dim() == 1 && given_offsets.is_cpu(),
           "the text tower needs ids (T) and offsets (N + 1)");
  CW_CHECK(!request.padding || (request.tokens && !request.both_sides),
           "padding has rows of its own among causal tokens, and nothing else");
  if (request.share_prefixes && given_ids.is_cpu() && !request.tokens && !request.both_sides &&
      !request.mask_token.defined())
    return {forward_shared(given_ids, given_offsets), {}, {}};
  const torch::Device device = token_embedding.device();
  Tensor ids = given_ids, offsets = given_offsets;
  Rows rows = rows_of(offsets, ids.size(0), config.context_length);
  if (request.padding) {
    const int64_t length = config.context_length, texts = offsets.size(0) - 1;
    const Tensor starts = torch::arange(texts + 1, torch::kInt32).mul_(length);
    const Tensor ends = rows.last - offsets.narrow(0, 0, texts) + starts.narrow(0, 0, texts);
    ids = filled_up(ids, offsets, length);
    offsets = starts;
    rows = rows_of(offsets, ids.size(0), length);
    rows.last = ends;
  }
  const int64_t width = config.width, total = ids.size(0);
  const tensor::Packing packing(offsets, device);
  const Tensor last = rows.last.to(device);
  Tensor x = embed(ids.to(device), request.mask_token) +
             positional_embedding.index_select(0, rows.positions.to(device));  // (T, W)
  const auto run_block = [&](ResidualBlock& block) {
    const Tensor qkv = block.query_key_value(x);
    const Tensor attended = request.both_sides ? tensor::packed_full_attention(qkv, packing)
                                               : tensor::packed_causal_attention(qkv, packing);
    x = block.finish(x, attended.reshape({total, width}));
  };
  const auto norm = [&](const Tensor& y) {
    return at::layer_norm(y, {width}, ln_final_weight, ln_final_bias, 1e-5);
  };
  for (size_t i = 0; i + 1 < blocks.size(); ++i) run_block(*blocks[i]);

  ResidualBlock& block = *blocks.back();
  if (request.tokens) {
    run_block(block);
    const Tensor tokens = norm(x);
    return {project(tokens.index_select(0, last)), tokens, offsets};
  }
  const Tensor normed = block.norm_1(x);
  const Tensor attended = tensor::packed_last_row_attention(
      block.query(normed.index_select(0, last)), block.key_value(normed), packing);  // (N, H, D)
  const Tensor feature =
      block.finish(x.index_select(0, last), attended.reshape({last.size(0), width}));
  return {project(norm(feature)), {}, {}};
}

Tensor TextTransformer::forward_shared(const Tensor& ids, const Tensor& offsets) {
  rows_of(offsets, ids.size(0), config.context_length);
  const SharedPrefixes shared = share_prefixes(ids, offsets);
  const int64_t width = config.width, rows = shared.rows();
  const torch::Device device = token_embedding.device();
  const Tensor row_of = shared.row_of.to(device), first_of = shared.first_of.to(device),
               last = shared.last.to(device);
  Tensor x = embed(shared.ids.to(device), /*mask_token=*/{}) +
             positional_embedding.index_select(0, shared.positions.to(device));  // (U, W)
  const tensor::Packing packing(offsets, device);
  // Attention costs a hundredth of the matrix products: it runs on every text by itself.
  for (size_t i = 0; i + 1 < blocks.size(); ++i) {
    const Tensor qkv = blocks[i]->query_key_value(x).index_select(0, row_of);  // (T, 3, H, D)
    const Tensor attended = tensor::packed_causal_attention(qkv, packing).index_select(0, first_of);
    x = blocks[i]->finish(x, attended.reshape({rows, width}));
  }
  ResidualBlock& block = *blocks.back();
  const Tensor normed = block.norm_1(x);
  const Tensor attended = tensor::packed_last_row_attention(
      block.query(normed.index_select(0, last)), block.key_value(normed).index_select(0, row_of),
      packing);  // (N, H, D)
  const Tensor feature =
      block.finish(x.index_select(0, last), attended.reshape({last.size(0), width}));
  return project(at::layer_norm(feature, {width}, ln_final_weight, ln_final_bias, 1e-5));
}

}  // namespace clipwright::models::towers
