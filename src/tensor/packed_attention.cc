#include "tensor/packed_attention.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <limits>

#include "core/error.h"

namespace clipwright::tensor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Rows of one text and head inside a (T, parts, H, D) tensor: row t of part p starts at t * parts *
// H * D + p * H * D + h * D.
template <typename T>
T dot(const T* a, const T* b, int64_t size) {
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t d = 0; d < size; ++d) sum += a[d] * b[d];
  return sum;
}

template <typename T>
void add_scaled(T* out, const T* in, T factor, int64_t size) {
#pragma omp simd
  for (int64_t d = 0; d < size; ++d) out[d] += factor * in[d];
}

/// Attention of one query row over `count` keys. `weights` holds `count` values of scratch; returns
/// log-sum-exp of the scores.
template <typename T>
T attend(const T* query, const T* keys, const T* values, int64_t stride, int64_t count,
         int64_t size, T scale, T* weights, T* out) {
  T largest = -std::numeric_limits<T>::infinity();
  for (int64_t j = 0; j < count; ++j) {
    weights[j] = scale * dot(query, keys + j * stride, size);
    largest = std::max(largest, weights[j]);
  }
  T sum = 0;
  for (int64_t j = 0; j < count; ++j) sum += weights[j] = std::exp(weights[j] - largest);
  for (int64_t d = 0; d < size; ++d) out[d] = 0;
  for (int64_t j = 0; j < count; ++j) add_scaled(out, values + j * stride, weights[j] / sum, size);
  return largest + std::log(sum);
}

/// Gradients of `attend` for one query row, added to those of the keys and values it looked at.
template <typename T>
void attend_backward(const T* query, const T* keys, const T* values, int64_t stride, int64_t count,
                     int64_t size, T scale, T log_sum, const T* out, const T* grad_out,
                     T* grad_query, T* grad_keys, T* grad_values) {
  const T delta = dot(out, grad_out, size);
  for (int64_t j = 0; j < count; ++j) {
    const T weight = std::exp(scale * dot(query, keys + j * stride, size) - log_sum);
    const T grad_score = scale * weight * (dot(grad_out, values + j * stride, size) - delta);
    add_scaled(grad_query, keys + j * stride, grad_score, size);
    add_scaled(grad_keys + j * stride, query, grad_score, size);
    add_scaled(grad_values + j * stride, grad_out, weight, size);
  }
}

/// Where the parts of one call lie, and what a row sees.
struct Layout {
  int64_t texts, heads, size, key_stride;
  enum class Rows {
    kCausal,  ///< each row sees itself and those before it
    kFull,    ///< each row sees its whole text
    kLast,    ///< one query a text (its last row), in a tensor of their own
  } rows;

  /// How many rows of its text row `i` of `length` sees.
  int64_t seen(int64_t i, int64_t length) const { return rows == Rows::kFull ? length : i + 1; }
};

template <typename T>
void forward_kernel(const Layout& at, const T* queries, const T* keys, const T* values,
                    const int32_t* offsets, T* out, T* log_sums) {
  const int64_t width = at.heads * at.size;
  const T scale = T(1) / std::sqrt(static_cast<T>(at.size));
  at::parallel_for(0, at.texts * at.heads, 8, [&](int64_t begin, int64_t end) {
    std::vector<T> weights;
    for (int64_t job = begin; job < end; ++job) {
      const int64_t text = job / at.heads, head = job % at.heads;
      const int64_t first = offsets[text], length = offsets[text + 1] - first;
      weights.resize(static_cast<size_t>(length));
      const T* k = keys + first * at.key_stride + head * at.size;
      const T* v = values + first * at.key_stride + head * at.size;
      if (at.rows == Layout::Rows::kLast) {
        log_sums[text * at.heads + head] =
            attend(queries + text * width + head * at.size, k, v, at.key_stride, length, at.size,
                   scale, weights.data(), out + text * width + head * at.size);
        continue;
      }
      for (int64_t i = 0; i < length; ++i) {
        log_sums[(first + i) * at.heads + head] =
            attend(queries + (first + i) * at.key_stride + head * at.size, k, v, at.key_stride,
                   at.seen(i, length), at.size, scale, weights.data(),
                   out + (first + i) * width + head * at.size);
      }
    }
  });
}

template <typename T>
void backward_kernel(const Layout& at, const T* queries, const T* keys, const T* values,
                     const int32_t* offsets, const T* out, const T* log_sums, const T* grad_out,
                     T* grad_queries, T* grad_keys, T* grad_values) {
  const int64_t width = at.heads * at.size;
  const T scale = T(1) / std::sqrt(static_cast<T>(at.size));
  at::parallel_for(0, at.texts * at.heads, 8, [&](int64_t begin, int64_t end) {
    for (int64_t job = begin; job < end; ++job) {
      const int64_t text = job / at.heads, head = job % at.heads;
      const int64_t first = offsets[text], length = offsets[text + 1] - first;
      const int64_t start = first * at.key_stride + head * at.size;
      const bool last_only = at.rows == Layout::Rows::kLast;
      for (int64_t i = last_only ? length - 1 : 0; i < length; ++i) {
        const int64_t row = last_only ? text : first + i;
        const int64_t q = row * (last_only ? width : at.key_stride) + head * at.size;
        attend_backward(queries + q, keys + start, values + start, at.key_stride,
                        at.seen(i, length), at.size, scale, log_sums[row * at.heads + head],
                        out + row * width + head * at.size, grad_out + row * width + head * at.size,
                        grad_queries + q, grad_keys + start, grad_values + start);
      }
    }
  });
}

Layout layout_of(const Tensor& qkv, const Tensor& offsets, bool causal) {
  return {offsets.size(0) - 1, qkv.size(2), qkv.size(3), 3 * qkv.size(2) * qkv.size(3),
          causal ? Layout::Rows::kCausal : Layout::Rows::kFull};
}

struct AllRowsAttention : torch::autograd::Function<AllRowsAttention> {
  static Tensor forward(AutogradContext* context, const Tensor& qkv_in, const Tensor& offsets,
                        bool causal) {
    const Tensor qkv = qkv_in.contiguous();
    const Layout at = layout_of(qkv, offsets, causal);
    Tensor out = torch::empty({qkv.size(0), at.heads, at.size}, qkv.options());
    Tensor log_sums = torch::empty({qkv.size(0), at.heads}, qkv.options());
    AT_DISPATCH_FLOATING_TYPES(qkv.scalar_type(), "packed_causal_attention", [&] {
      const scalar_t* base = qkv.const_data_ptr<scalar_t>();
      const int64_t part = at.heads * at.size;
      forward_kernel<scalar_t>(at, base, base + part, base + 2 * part,
                               offsets.const_data_ptr<int32_t>(), out.data_ptr<scalar_t>(),
                               log_sums.data_ptr<scalar_t>());
    });
    context->save_for_backward({qkv, offsets, out, log_sums});
    context->saved_data["causal"] = causal;
    return out;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &qkv = saved[0], &offsets = saved[1], &out = saved[2], &log_sums = saved[3];
    const Tensor grad_out = gradients[0].contiguous();
    const Layout at = layout_of(qkv, offsets, context->saved_data["causal"].toBool());
    Tensor grad = torch::zeros_like(qkv);
    AT_DISPATCH_FLOATING_TYPES(qkv.scalar_type(), "packed_causal_attention_backward", [&] {
      const scalar_t* base = qkv.const_data_ptr<scalar_t>();
      scalar_t* to = grad.data_ptr<scalar_t>();
      const int64_t part = at.heads * at.size;
      backward_kernel<scalar_t>(at, base, base + part, base + 2 * part,
                                offsets.const_data_ptr<int32_t>(), out.const_data_ptr<scalar_t>(),
                                log_sums.const_data_ptr<scalar_t>(),
                                grad_out.const_data_ptr<scalar_t>(), to, to + part, to + 2 * part);
    });
    return {grad, Tensor(), Tensor()};
  }
};

struct LastRowAttention : torch::autograd::Function<LastRowAttention> {
  static Tensor forward(AutogradContext* context, const Tensor& query_in,
                        const Tensor& key_value_in, const Tensor& offsets) {
    const Tensor query = query_in.contiguous(), key_value = key_value_in.contiguous();
    const Layout at{query.size(0), query.size(1), query.size(2), 2 * query.size(1) * query.size(2),
                    Layout::Rows::kLast};
    Tensor out = torch::empty_like(query);
    Tensor log_sums = torch::empty({at.texts, at.heads}, query.options());
    AT_DISPATCH_FLOATING_TYPES(query.scalar_type(), "packed_last_row_attention", [&] {
      const scalar_t* base = key_value.const_data_ptr<scalar_t>();
      forward_kernel<scalar_t>(at, query.const_data_ptr<scalar_t>(), base,
                               base + at.heads * at.size, offsets.const_data_ptr<int32_t>(),
                               out.data_ptr<scalar_t>(), log_sums.data_ptr<scalar_t>());
    });
    context->save_for_backward({query, key_value, offsets, out, log_sums});
    return out;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &query = saved[0], &key_value = saved[1], &offsets = saved[2], &out = saved[3],
                 &log_sums = saved[4];
    const Tensor grad_out = gradients[0].contiguous();
    const Layout at{query.size(0), query.size(1), query.size(2), 2 * query.size(1) * query.size(2),
                    Layout::Rows::kLast};
    Tensor grad_query = torch::zeros_like(query), grad_key_value = torch::zeros_like(key_value);
    AT_DISPATCH_FLOATING_TYPES(query.scalar_type(), "packed_last_row_attention_backward", [&] {
      const scalar_t* base = key_value.const_data_ptr<scalar_t>();
      scalar_t* to = grad_key_value.data_ptr<scalar_t>();
      const int64_t part = at.heads * at.size;
      backward_kernel<scalar_t>(at, query.const_data_ptr<scalar_t>(), base, base + part,
                                offsets.const_data_ptr<int32_t>(), out.const_data_ptr<scalar_t>(),
                                log_sums.const_data_ptr<scalar_t>(),
                                grad_out.const_data_ptr<scalar_t>(),
                                grad_query.data_ptr<scalar_t>(), to, to + part);
    });
    return {grad_query, grad_key_value, Tensor()};
  }
};

/// Padding comes after the end of each text, where the causal mask hides it; where rows see their
/// whole text, `real` does.
Packing::Padding pad_rows(const Tensor& offsets, torch::Device device) {
  const int32_t* at = offsets.const_data_ptr<int32_t>();
  const int64_t texts = offsets.size(0) - 1;
  int64_t longest = 0;
  for (int64_t n = 0; n < texts; ++n) longest = std::max<int64_t>(longest, at[n + 1] - at[n]);
  Tensor rows = torch::zeros({texts * longest}, torch::kInt64),
         places = torch::empty({at[texts]}, torch::kInt64),
         real = torch::zeros({texts * longest}, torch::kBool);
  for (int64_t n = 0; n < texts; ++n) {
    for (int64_t t = at[n]; t < at[n + 1]; ++t) {
      const int64_t place = n * longest + (t - at[n]);
      rows.data_ptr<int64_t>()[place] = t;
      places.data_ptr<int64_t>()[t] = place;
      real.data_ptr<bool>()[place] = true;
    }
  }
  return {rows.to(device), places.to(device), real.view({texts, 1, 1, longest}).to(device), texts,
          longest};
}

Tensor padded(const Tensor& packed, const Packing::Padding& padding) {  // (T, H, D) -> (N, H, L, D)
  return packed.index_select(0, padding.rows)
      .view({padding.texts, padding.length, packed.size(1), packed.size(2)})
      .transpose(1, 2);
}

Tensor attend_all_rows(const Tensor& qkv, const Packing& packing, bool causal) {
  CW_CHECK(qkv.dim() == 4 && qkv.size(1) == 3, "packed attention needs qkv (T, 3, H, D)");
  CW_CHECK(qkv.is_cpu() || packing.padding(), "the packing was made for another device");
  if (!packing.padding()) return AllRowsAttention::apply(qkv, packing.offsets(), causal);
  const Packing::Padding& padding = *packing.padding();
  const auto part = [&](int64_t index) { return padded(qkv.select(1, index), padding); };
  const c10::optional<Tensor> mask =
      causal ? c10::optional<Tensor>() : c10::optional<Tensor>(padding.real);
  const Tensor out = at::scaled_dot_product_attention(part(0), part(1), part(2), mask, 0.0, causal);
  return out.transpose(1, 2)
      .reshape({padding.texts * padding.length, qkv.size(2), qkv.size(3)})
      .index_select(0, padding.places);
}

}  // namespace

Packing::Packing(const Tensor& offsets, torch::Device device, bool pad) : offsets_(offsets) {
  CW_CHECK(offsets.is_cpu() && offsets.dim() == 1 && offsets.scalar_type() == torch::kInt32,
           "offsets are int32 (N + 1) on the CPU");
  if (pad || !device.is_cpu()) padding_ = pad_rows(offsets, device);
}

Tensor packed_causal_attention(const Tensor& qkv, const Packing& packing) {
  return attend_all_rows(qkv, packing, /*causal=*/true);
}

Tensor packed_full_attention(const Tensor& qkv, const Packing& packing) {
  return attend_all_rows(qkv, packing, /*causal=*/false);
}

Tensor packed_last_row_attention(const Tensor& query, const Tensor& key_value,
                                 const Packing& packing) {
  CW_CHECK(query.dim() == 3 && key_value.dim() == 4 && key_value.size(1) == 2,
           "packed_last_row_attention needs query (N, H, D) and key_value (T, 2, H, D)");
  CW_CHECK(query.is_cpu() || packing.padding(), "the packing was made for another device");
  if (!packing.padding()) return LastRowAttention::apply(query, key_value, packing.offsets());
  const Packing::Padding& padding = *packing.padding();
  return at::scaled_dot_product_attention(query.unsqueeze(2),
                                          padded(key_value.select(1, 0), padding),
                                          padded(key_value.select(1, 1), padding), padding.real)
      .squeeze(2);
}

}  // namespace clipwright::tensor
