#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <limits>

#include "losses/terms/token_similarity.h"

namespace clipwright::losses::terms {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

int64_t longest(const Tensor& offsets) { return offsets.diff().max().item<int64_t>(); }

/// Rows `places[starts[g]] ..` of things `begin` to `end`, filled up to the longest: (G, L, D).
struct Padded {
  Tensor rows;
  Tensor real;  // (G, L) bool
};
Padded padded(const Tensor& rows, const Tensor& places, const Tensor& starts, int64_t begin,
              int64_t end) {
  const int32_t *place = places.const_data_ptr<int32_t>(),
                *start = starts.const_data_ptr<int32_t>();
  const int64_t most = longest(starts.slice(0, begin, end + 1));
  Tensor index = torch::zeros({end - begin, most}, torch::kInt64),
         real = torch::zeros({end - begin, most}, torch::kBool);
  for (int64_t thing = begin; thing < end; ++thing) {
    for (int64_t k = start[thing]; k < start[thing + 1]; ++k) {
      const int64_t at = (thing - begin) * most + k - start[thing];
      index.data_ptr<int64_t>()[at] = place[k];
      real.data_ptr<bool>()[at] = true;
    }
  }
  return {rows.index_select(0, index.view(-1).to(rows.device()))
              .view({end - begin, most, rows.size(1)}),
          real.to(rows.device())};
}

Tensor every_row(const RowGroups& groups) {
  return torch::arange(groups.rows.size(0), torch::kInt32);
}

/// (X, Y): for each x the mean over its rows of the largest product with a row of y.
Tensor mean_of_largest(const Padded& x, const Padded& y) {
  const int64_t x_count = x.rows.size(0), y_count = y.rows.size(0), length = x.rows.size(1),
                width = x.rows.size(2);
  const Tensor all =
      at::mm(x.rows.reshape({-1, width}), y.rows.reshape({-1, width}).t())
          .view({x_count * length, y_count, -1})
          .masked_fill(y.real.logical_not(), -std::numeric_limits<double>::infinity());
  const Tensor largest = std::get<0>(all.max(2)).view({x_count, length, y_count});
  const Tensor real = x.real.to(largest.scalar_type());
  return (largest * real.unsqueeze(2)).sum(1) / real.sum(1).unsqueeze(1);
}

constexpr int64_t kMostProducts = int64_t{1} << 25;

int64_t things_at_once(const RowGroups& a, const RowGroups& b) {
  const int64_t padded_a = (a.offsets.size(0) - 1) * longest(a.offsets);
  return std::max<int64_t>(1, kMostProducts / (padded_a * longest(b.offsets)));
}

/// Over the rows of all of a, with things `begin` to `end` of b.
Tensor over_rows(const RowGroups& a, const RowGroups& b, int64_t begin, int64_t end) {
  return mean_of_largest(padded(a.rows, every_row(a), a.offsets, 0, a.offsets.size(0) - 1),
                         padded(b.rows, b.kept, b.kept_offsets, begin, end));
}

struct SimilarityByOperations : torch::autograd::Function<SimilarityByOperations> {
  static tensor_list some(const RowGroups& a, const RowGroups& b, int64_t begin, int64_t end) {
    const int64_t count = a.offsets.size(0) - 1;
    return {over_rows(a, b, begin, end),
            mean_of_largest(padded(b.rows, every_row(b), b.offsets, begin, end),
                            padded(a.rows, a.kept, a.kept_offsets, 0, count))
                .t()};
  }

  static tensor_list forward(AutogradContext* context, const Tensor& a_rows, const Tensor& b_rows,
                             const RowGroups& a_groups, const RowGroups& b_groups) {
    RowGroups a = a_groups, b = b_groups;
    a.rows = a_rows.detach();
    b.rows = b_rows.detach();
    const int64_t things = b.offsets.size(0) - 1, step = things_at_once(a, b);
    tensor_list over_a, over_b;
    for (int64_t begin = 0; begin < things; begin += step) {
      const tensor_list part = some(a, b, begin, std::min(things, begin + step));
      over_a.push_back(part[0]);
      over_b.push_back(part[1]);
    }
    context->save_for_backward(
        {a_rows, b_rows, a.offsets, a.kept, a.kept_offsets, b.offsets, b.kept, b.kept_offsets});
    return {at::cat(over_a, 1), at::cat(over_b, 1)};
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto saved = context->get_saved_variables();
    const RowGroups a = {saved[0].detach().requires_grad_(), saved[2], saved[3], saved[4]},
                    b = {saved[1].detach().requires_grad_(), saved[5], saved[6], saved[7]};
    const int64_t things = b.offsets.size(0) - 1, step = things_at_once(a, b);
    Tensor grad_a = torch::zeros_like(saved[0]), grad_b = torch::zeros_like(saved[1]);
    for (int64_t begin = 0; begin < things; begin += step) {
      const int64_t end = std::min(things, begin + step);
      const torch::AutoGradMode with_graph(true);
      const tensor_list part = torch::autograd::grad(
          some(a, b, begin, end), {a.rows, b.rows},
          {gradients[0].slice(1, begin, end), gradients[1].slice(1, begin, end)});
      const torch::NoGradGuard no_grad;
      grad_a += part[0];
      grad_b += part[1];
    }
    return {grad_a, grad_b, Tensor(), Tensor()};
  }
};

}  // namespace

std::pair<Tensor, Tensor> token_similarity_by_operations(const RowGroups& a, const RowGroups& b) {
  check_groups(a, b);
  const tensor_list both = SimilarityByOperations::apply(a.rows, b.rows, a, b);
  return {both[0], both[1]};
}

Tensor similarity_over_rows_by_operations(const RowGroups& a, const RowGroups& b) {
  check_groups(a, b);
  const torch::NoGradGuard no_grad;
  const int64_t things = b.offsets.size(0) - 1, step = things_at_once(a, b);
  tensor_list parts;
  for (int64_t begin = 0; begin < things; begin += step)
    parts.push_back(over_rows(a, b, begin, std::min(things, begin + step)));
  return at::cat(parts, 1);
}

}  // namespace clipwright::losses::terms
