#include "eval/probe/principal_axes.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "tensor/linear.h"

namespace clipwright::eval::probe {
namespace {

constexpr int64_t kMostDimensions = 2048;
constexpr int64_t kRowsAtOnce = 8192;
// Of the largest variance: what lies below is rounding in float32.
constexpr double kVaries = 1e-13;

template <typename Visit>
void over_blocks(const Tensor& rows, const Visit& visit) {
  for (int64_t first = 0; first < rows.size(0); first += kRowsAtOnce)
    visit(first, rows.narrow(0, first, std::min(kRowsAtOnce, rows.size(0) - first)));
}

}  // namespace

Tensor PrincipalAxes::weight_for_rows(const Tensor& rotated_weight) const {
  Tensor all = at::zeros({rotated_weight.size(0), mean.size(0)}, torch::kFloat64);
  all.index_copy_(1, kept, rotated_weight);
  return rotation.defined() ? all.mm(rotation.t()) : all;
}

PrincipalAxes principal_axes(const Tensor& rows) {
  const torch::NoGradGuard no_grad;
  const int64_t count = rows.size(0), width = rows.size(1);
  PrincipalAxes axes;
  axes.mean = at::zeros({width}, torch::kFloat64);
  over_blocks(rows, [&](int64_t, const Tensor& block) {
    axes.mean += block.sum(at::IntArrayRef{0}, /*keepdim=*/false, torch::kFloat64);
  });
  axes.mean /= static_cast<double>(count);
  const auto centred = [&](const Tensor& block) {
    return (block.to(torch::kFloat64) - axes.mean).to(torch::kFloat32);
  };
  Tensor narrow_rotation;
  if (width <= kMostDimensions) {
    Tensor products = at::zeros({width, width}, torch::kFloat64);
    over_blocks(rows, [&](int64_t, const Tensor& block) {
      const Tensor shifted = centred(block);
      products += tensor::matrix_product(shifted.t().contiguous(), shifted);
    });
    products = (products + products.t()) / (2 * static_cast<double>(count));
    // Ascending: the largest variances first after the flip.
    axes.rotation = std::get<1>(at::linalg_eigh(products)).flip(1).contiguous();
    narrow_rotation = axes.rotation.to(torch::kFloat32);
  }
  Tensor all = at::empty_like(rows);
  Tensor squares = at::zeros({width}, torch::kFloat64);
  over_blocks(rows, [&](int64_t first, const Tensor& block) {
    const Tensor shifted = centred(block);
    Tensor turned =
        narrow_rotation.defined() ? tensor::matrix_product(shifted, narrow_rotation) : shifted;
    squares += turned.square().sum(at::IntArrayRef{0}, /*keepdim=*/false, torch::kFloat64);
    all.narrow(0, first, block.size(0)).copy_(turned);
  });
  squares /= static_cast<double>(count);
  axes.kept = at::nonzero(squares > kVaries * squares.max()).flatten();
  // A problem without a column is none: one that never varies changes nothing.
  if (axes.kept.numel() == 0) axes.kept = at::zeros({1}, torch::kInt64);
  axes.variance = squares.index_select(0, axes.kept);
  axes.rows = axes.kept.numel() == width ? all : all.index_select(1, axes.kept).contiguous();
  return axes;
}

}  // namespace clipwright::eval::probe
