#include "losses/terms/token_similarity.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <type_traits>

#include "core/error.h"
#include "tensor/gemm.h"

namespace clipwright::losses::terms {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Rows of a tile on each side: its products (2 x 10^5 numbers) and both operands of usual widths
// stay in a core's own cache, and a product of this size runs at the library's full rate.
constexpr int64_t kColumnRows = 256, kLineRows = 512;
// Things whose gradients are summed together, and others that are read meanwhile.
constexpr int64_t kGradientThings = 8, kReadThings = 16;

/// Groups of rows as the loops read them.
template <typename T>
struct Side {
  const T* rows;
  const int32_t* offsets;
  int64_t count, width;
  const int32_t *kept, *kept_offsets;

  int64_t size() const { return offsets[count]; }
  int64_t length(int64_t group) const { return offsets[group + 1] - offsets[group]; }
};

template <typename T>
Side<T> side(const RowGroups& groups) {
  return {groups.rows.const_data_ptr<T>(),
          groups.offsets.const_data_ptr<int32_t>(),
          groups.offsets.size(0) - 1,
          groups.rows.size(1),
          groups.kept.const_data_ptr<int32_t>(),
          groups.kept_offsets.const_data_ptr<int32_t>()};
}

/// Where runs of whole groups of about `rows` rows begin, and the end.
std::vector<int64_t> tiles(const int32_t* offsets, int64_t count, int64_t rows) {
  std::vector<int64_t> starts = {0};
  for (int64_t group = 1; group < count; ++group) {
    if (offsets[group + 1] - offsets[starts.back()] > rows) starts.push_back(group);
  }
  starts.push_back(count);
  return starts;
}

/// out (m, n) = a (m, k) b (n, k)^T, on this thread.
void products(const float* a, const float* b, int64_t m, int64_t n, int64_t k, float* out) {
  if (tensor::onednn_gemm_chosen()) {
    tensor::onednn_gemm(false, true, m, n, k, 1, a, k, b, k, 0, out, n);
    return;
  }
  const torch::NoGradGuard no_grad;
  Tensor to = torch::from_blob(out, {m, n});
  at::mm_out(to, torch::from_blob(const_cast<float*>(a), {m, k}),
             torch::from_blob(const_cast<float*>(b), {n, k}).t());
}
void products(const double* a, const double* b, int64_t m, int64_t n, int64_t k, double* out) {
  const torch::NoGradGuard no_grad;
  Tensor to = torch::from_blob(out, {m, n}, torch::kFloat64);
  at::mm_out(to, torch::from_blob(const_cast<double*>(a), {m, k}, torch::kFloat64),
             torch::from_blob(const_cast<double*>(b), {n, k}, torch::kFloat64).t());
}

/// What one direction leaves: means (X, Y) by strides, and for each thing of y and each row of x
/// which row of y was the largest: which[y * rows of x + row]; null: nobody asks.
template <typename T, typename Index>
struct Direction {
  T* means;
  int64_t x_stride, y_stride;
  Index* which;
};

/// Largest so far and whose it is, for the columns of a tile. A NaN wins and stays.
template <typename T>
struct Largest {
  using Place = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;  // as wide, for the compiler
  std::vector<T> value = std::vector<T>();
  std::vector<Place> place = std::vector<Place>();

  void start(const T* line, int64_t columns, int64_t whose) {
    value.assign(line, line + columns);
    place.assign(static_cast<size_t>(columns), static_cast<Place>(whose));
  }
  void meet(const T* line, int64_t columns, int64_t whose) {
    T* best = value.data();
    Place* at = place.data();
    const Place mine = static_cast<Place>(whose);
#pragma omp simd
    for (int64_t c = 0; c < columns; ++c) {
      const bool wins = (line[c] > best[c]) | (line[c] != line[c]);
      best[c] = wins ? line[c] : best[c];
      at[c] = wins ? mine : at[c];
    }
  }
};

/// A tile of products: lines are rows of y (`packed`: kept ones only), columns the rows of x.
template <typename T>
struct Tile {
  const T* products;
  int64_t columns;                         // in all
  int64_t x_begin, x_end, y_begin, y_end;  // things
};

/// x's direction of a tile: along lines, all columns at once.
template <typename T, typename Index>
void reduce_lines(const Tile<T>& tile, const Side<T>& x, const Side<T>& y, bool packed,
                  const Direction<T, Index>& out, Largest<T>& largest) {
  const int64_t first_column = x.offsets[tile.x_begin];
  const int64_t first_line = (packed ? y.kept_offsets : y.offsets)[tile.y_begin];
  for (int64_t thing = tile.y_begin; thing < tile.y_end; ++thing) {
    const int64_t begin = y.kept_offsets[thing], end = y.kept_offsets[thing + 1];
    for (int64_t k = begin; k < end; ++k) {
      const T* line = tile.products + ((packed ? k : y.kept[k]) - first_line) * tile.columns;
      const int64_t whose = y.kept[k] - y.offsets[thing];
      k == begin ? largest.start(line, tile.columns, whose)
                 : largest.meet(line, tile.columns, whose);
    }
    if (out.which != nullptr) {
      Index* which = out.which + thing * x.size() + first_column;
      for (int64_t c = 0; c < tile.columns; ++c) which[c] = static_cast<Index>(largest.place[c]);
    }
    for (int64_t other = tile.x_begin; other < tile.x_end; ++other) {
      T sum = 0;
      for (int64_t c = x.offsets[other]; c < x.offsets[other + 1]; ++c)
        sum += largest.value[c - first_column];
      out.means[other * out.x_stride + thing * out.y_stride] =
          sum / static_cast<T>(x.length(other));
    }
  }
}

/// y's direction of a tile of all rows of both: within each line.
template <typename T, typename Index>
void reduce_columns(const Tile<T>& tile, const Side<T>& x, const Side<T>& y,
                    const Direction<T, Index>& out) {
  const int64_t first_column = x.offsets[tile.x_begin], first_line = y.offsets[tile.y_begin];
  for (int64_t thing = tile.y_begin; thing < tile.y_end; ++thing) {
    for (int64_t other = tile.x_begin; other < tile.x_end; ++other) {
      const int32_t *kept = x.kept + x.kept_offsets[other],
                    *kept_end = x.kept + x.kept_offsets[other + 1];
      T sum = 0;
      for (int64_t row = y.offsets[thing]; row < y.offsets[thing + 1]; ++row) {
        const T* line = tile.products + (row - first_line) * tile.columns - first_column;
        T best = line[*kept];
        int32_t place = *kept;
        for (const int32_t* k = kept + 1; k < kept_end; ++k) {
          const T value = line[*k];
          const bool wins = (value > best) | (value != value);
          best = wins ? value : best;
          place = wins ? *k : place;
        }
        out.which[other * y.size() + row] = static_cast<Index>(place - x.offsets[other]);
        sum += best;
      }
      out.means[thing * out.x_stride + other * out.y_stride] =
          sum / static_cast<T>(y.length(thing));
    }
  }
}

/// One direction, or both from the same products.
template <typename T, typename Index>
void scan(const Side<T>& x, const Side<T>& y, const T* y_lines, bool packed,
          const Direction<T, Index>& out, const Direction<T, Index>* back) {
  const int32_t* line_offsets = packed ? y.kept_offsets : y.offsets;
  const std::vector<int64_t> x_tiles = tiles(x.offsets, x.count, kColumnRows),
                             y_tiles = tiles(line_offsets, y.count, kLineRows);
  const auto across = static_cast<int64_t>(x_tiles.size()) - 1,
             down = static_cast<int64_t>(y_tiles.size()) - 1;
  at::parallel_for(0, across * down, 1, [&](int64_t begin, int64_t end) {
    std::vector<T> values;
    Largest<T> largest;
    for (int64_t job = begin; job < end; ++job) {
      const auto i = static_cast<size_t>(job / down), j = static_cast<size_t>(job % down);
      const int64_t first_column = x.offsets[x_tiles[i]], first_line = line_offsets[y_tiles[j]];
      const int64_t columns = x.offsets[x_tiles[i + 1]] - first_column,
                    lines = line_offsets[y_tiles[j + 1]] - first_line;
      values.resize(static_cast<size_t>(columns * lines));
      products(y_lines + first_line * y.width, x.rows + first_column * x.width, lines, columns,
               x.width, values.data());
      const Tile<T> tile{values.data(),  columns,    x_tiles[i],
                         x_tiles[i + 1], y_tiles[j], y_tiles[j + 1]};
      reduce_lines(tile, x, y, packed, out, largest);
      if (back != nullptr) reduce_columns(tile, x, y, *back);
    }
  });
}

template <typename T>
void add_scaled(T* out, const T* row, T weight, int64_t width) {
#pragma omp simd
  for (int64_t d = 0; d < width; ++d) out[d] += weight * row[d];
}

/// out += the sum of weights[j] rows[j]. Written in vectors, since sums in an array go to memory
/// and back at each row.
template <typename T>
void add_weighted(T* out, const T* const* rows, const T* weights, int64_t count, int64_t width) {
  typedef T Vector __attribute__((vector_size(32), aligned(sizeof(T)), may_alias));
  constexpr int64_t kLanes = 32 / sizeof(T), kSums = 8;
  const auto vector = [](const T* at) { return reinterpret_cast<const Vector*>(at); };
  int64_t d = 0;
  for (; d + kSums * kLanes <= width; d += kSums * kLanes) {
    Vector sums[kSums];
    for (int64_t s = 0; s < kSums; ++s) sums[s] = vector(out + d)[s];
    for (int64_t j = 0; j < count; ++j) {
      const Vector* row = vector(rows[j] + d);
      for (int64_t s = 0; s < kSums; ++s) sums[s] += weights[j] * row[s];
    }
    for (int64_t s = 0; s < kSums; ++s) reinterpret_cast<Vector*>(out + d)[s] = sums[s];
  }
  for (int64_t j = 0; j < count; ++j) add_scaled(out + d, rows[j] + d, weights[j], width - d);
}

template <typename T, typename Index>
struct Gradient {
  const T* means;
  int64_t x_stride, y_stride;
  const Index* which;
};

/// The gradient of x's rows: `own` is of the means over them, `others` of the means over y's rows,
/// for which they were candidates. A thread has all of a row's sum, in an order that depends on
/// nothing else.
template <typename T, typename Index>
void add_gradients(const Side<T>& x, const Side<T>& y, const Gradient<T, Index>& own,
                   const Gradient<T, Index>& others, T* gradient) {
  const int64_t blocks = (x.count + kGradientThings - 1) / kGradientThings, width = x.width;
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    const T* rows[kReadThings];
    T weights[kReadThings];
    for (int64_t block = begin; block < end; ++block) {
      const int64_t x_end = std::min(x.count, (block + 1) * kGradientThings);
      for (int64_t y_begin = 0; y_begin < y.count; y_begin += kReadThings) {
        const int64_t y_end = std::min(y.count, y_begin + kReadThings);
        for (int64_t thing = block * kGradientThings; thing < x_end; ++thing) {
          T* to = gradient + x.offsets[thing] * width;
          for (int64_t j = y_begin; j < y_end; ++j)
            weights[j - y_begin] = own.means[thing * own.x_stride + j * own.y_stride] /
                                   static_cast<T>(x.length(thing));
          for (int64_t row = x.offsets[thing]; row < x.offsets[thing + 1]; ++row) {
            for (int64_t j = y_begin; j < y_end; ++j)
              rows[j - y_begin] =
                  y.rows + (y.offsets[j] + int64_t{own.which[j * x.size() + row]}) * width;
            add_weighted(gradient + row * width, rows, weights, y_end - y_begin, width);
          }
          for (int64_t j = y_begin; j < y_end; ++j) {
            const T weight = others.means[j * others.x_stride + thing * others.y_stride] /
                             static_cast<T>(y.length(j));
            const Index* which = others.which + thing * y.size();
            for (int64_t row = y.offsets[j]; row < y.offsets[j + 1]; ++row) {
              add_scaled(to + int64_t{which[row]} * width, y.rows + row * width, weight, width);
            }
          }
        }
      }
    }
  });
}

int64_t longest(const Tensor& offsets) { return offsets.diff().max().item<int64_t>(); }

/// Calls `work` with a value of the narrowest type that can number a thing's rows.
template <typename Work>
void with_index_type(torch::ScalarType type, const Work& work) {
  type == torch::kUInt8 ? work(uint8_t{}) : work(uint16_t{});
}

template <typename Index>
Index* indices(const Tensor& tensor) {
  return static_cast<Index*>(tensor.data_ptr());
}

Tensor kept_only(const RowGroups& groups) {
  return groups.kept.size(0) == groups.rows.size(0) ? groups.rows
                                                    : groups.rows.index_select(0, groups.kept);
}

struct TokenSimilarity : torch::autograd::Function<TokenSimilarity> {
  static tensor_list forward(AutogradContext* context, const Tensor& a_rows, const Tensor& b_rows,
                             const RowGroups& a_groups, const RowGroups& b_groups) {
    RowGroups a = a_groups, b = b_groups;
    a.rows = a_rows.detach().contiguous();
    b.rows = b_rows.detach().contiguous();
    const int64_t things_a = a.offsets.size(0) - 1, things_b = b.offsets.size(0) - 1;
    const int64_t most = std::max(longest(a.offsets), longest(b.offsets));
    CW_CHECK(most <= 65536, "token_similarity numbers at most 65,536 rows of a thing");
    const torch::ScalarType index = most <= 256 ? torch::kUInt8 : torch::kInt16;
    Tensor over_a = torch::empty({things_a, things_b}, a.rows.options()),
           over_b = torch::empty_like(over_a),
           which_b = torch::empty({things_b, a.rows.size(0)}, index),
           which_a = torch::empty({things_a, b.rows.size(0)}, index);
    // Both directions from one product of everything, or each from one with what is kept.
    const int64_t rows_a = a.rows.size(0), rows_b = b.rows.size(0);
    const bool together = rows_a * rows_b <= rows_a * b.kept.size(0) + rows_b * a.kept.size(0);
    AT_DISPATCH_FLOATING_TYPES(a.rows.scalar_type(), "token_similarity", [&] {
      with_index_type(index, [&](auto type) {
        using Index = decltype(type);
        using To = Direction<scalar_t, Index>;
        const To first{over_a.data_ptr<scalar_t>(), things_b, 1, indices<Index>(which_b)},
            second{over_b.data_ptr<scalar_t>(), 1, things_b, indices<Index>(which_a)};
        const Side<scalar_t> left = side<scalar_t>(a), right = side<scalar_t>(b);
        if (together) {
          scan(left, right, right.rows, false, first, &second);
        } else {
          const Tensor kept_a = kept_only(a), kept_b = kept_only(b);
          scan<scalar_t, Index>(left, right, kept_b.const_data_ptr<scalar_t>(), true, first,
                                nullptr);
          scan<scalar_t, Index>(right, left, kept_a.const_data_ptr<scalar_t>(), true, second,
                                nullptr);
        }
      });
    });
    context->save_for_backward({a_rows, b_rows, a.offsets, b.offsets, which_b, which_a});
    return {over_a, over_b};
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto saved = context->get_saved_variables();
    const RowGroups a = {saved[0].detach().contiguous(), saved[2], saved[2], saved[2]},
                    b = {saved[1].detach().contiguous(), saved[3], saved[3], saved[3]};
    const Tensor grad_over_a = gradients[0].contiguous(), grad_over_b = gradients[1].contiguous();
    const int64_t things_b = b.offsets.size(0) - 1;
    Tensor grad_a, grad_b;
    AT_DISPATCH_FLOATING_TYPES(a.rows.scalar_type(), "token_similarity_backward", [&] {
      with_index_type(saved[4].scalar_type(), [&](auto type) {
        using Index = decltype(type);
        using Of = Gradient<scalar_t, Index>;
        const Of first{grad_over_a.const_data_ptr<scalar_t>(), things_b, 1,
                       indices<Index>(saved[4])},
            second{grad_over_b.const_data_ptr<scalar_t>(), 1, things_b, indices<Index>(saved[5])};
        const Side<scalar_t> left = side<scalar_t>(a), right = side<scalar_t>(b);
        if (context->needs_input_grad(0)) {
          grad_a = torch::zeros_like(a.rows);
          add_gradients(left, right, first, second, grad_a.data_ptr<scalar_t>());
        }
        if (context->needs_input_grad(1)) {
          grad_b = torch::zeros_like(b.rows);
          add_gradients(right, left, second, first, grad_b.data_ptr<scalar_t>());
        }
      });
    });
    return {grad_a, grad_b, Tensor(), Tensor()};
  }
};

void check_side(const RowGroups& groups, const char* name) {
  CW_CHECK(groups.rows.dim() == 2, std::string(name) + " needs rows (R, D)");
  for (const Tensor& list : {groups.offsets, groups.kept, groups.kept_offsets})
    CW_CHECK(list.is_cpu() && list.scalar_type() == torch::kInt32 && list.is_contiguous(),
             std::string(name) + " needs int32 lists on the CPU");
  const int64_t count = groups.offsets.size(0) - 1;
  CW_CHECK(count >= 1 && groups.kept_offsets.size(0) == count + 1 &&
               groups.offsets[count].item<int64_t>() == groups.rows.size(0) &&
               groups.kept_offsets[count].item<int64_t>() == groups.kept.size(0) &&
               groups.offsets.diff().min().item<int64_t>() >= 1 &&
               groups.kept_offsets.diff().min().item<int64_t>() >= 1,
           std::string(name) + " needs offsets from 0 to its rows, and a row of each thing");
}

}  // namespace

void check_groups(const RowGroups& a, const RowGroups& b) {
  check_side(a, "a");
  check_side(b, "b");
  CW_CHECK(a.rows.size(1) == b.rows.size(1) && a.rows.scalar_type() == b.rows.scalar_type(),
           "token_similarity needs rows of one width and type");
}

RowGroups all_kept(const Tensor& rows, const Tensor& offsets) {
  return {rows, offsets, torch::arange(rows.size(0), torch::kInt32), offsets};
}

Tensor similarity_over_rows(const RowGroups& a, const RowGroups& b) {
  if (!a.rows.is_cpu()) return similarity_over_rows_by_operations(a, b);
  check_groups(a, b);
  const torch::NoGradGuard no_grad;
  const Tensor a_rows = a.rows.contiguous(), kept_b = kept_only(b).contiguous();
  const int64_t things_b = b.offsets.size(0) - 1;
  Tensor over_a = torch::empty({a.offsets.size(0) - 1, things_b}, a_rows.options());
  AT_DISPATCH_FLOATING_TYPES(a_rows.scalar_type(), "similarity_over_rows", [&] {
    const Direction<scalar_t, uint8_t> to{over_a.data_ptr<scalar_t>(), things_b, 1, nullptr};
    scan<scalar_t, uint8_t>(side<scalar_t>({a_rows, a.offsets, a.kept, a.kept_offsets}),
                            side<scalar_t>(b), kept_b.const_data_ptr<scalar_t>(), true, to,
                            nullptr);
  });
  return over_a;
}

std::pair<Tensor, Tensor> token_similarity(const RowGroups& a, const RowGroups& b) {
  if (!a.rows.is_cpu()) return token_similarity_by_operations(a, b);
  check_groups(a, b);
  const tensor_list both = TokenSimilarity::apply(a.rows, b.rows, a, b);
  return {both[0], both[1]};
}

}  // namespace clipwright::losses::terms
