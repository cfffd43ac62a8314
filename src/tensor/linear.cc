#include "tensor/linear.h"

#include "tensor/gemm.h"

namespace clipwright::tensor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

bool fits_onednn(const Tensor& a, const Tensor& b) {
  return a.is_cpu() && a.scalar_type() == torch::kFloat32 && b.scalar_type() == torch::kFloat32 &&
         onednn_gemm_chosen();
}

/// A matrix as the product wants it: rows contiguous, or the transpose of such a matrix.
struct Operand {
  Tensor tensor;
  bool transposed;
  int64_t stride;
};
Operand operand(const Tensor& matrix) {
  if (matrix.stride(1) == 1 && matrix.stride(0) >= matrix.size(1))
    return {matrix, false, matrix.stride(0)};
  if (matrix.stride(0) == 1 && matrix.stride(1) >= matrix.size(0))
    return {matrix, true, matrix.stride(1)};
  const Tensor copy = matrix.contiguous();
  return {copy, false, copy.size(1)};
}

/// out (m, n) = a (m, k) b (k, n) + beta * out.
void multiply(const Tensor& a, const Tensor& b, Tensor& out, float beta) {
  if (out.numel() == 0) return;
  const Operand left = operand(a), right = operand(b);
  onednn_gemm(left.transposed, right.transposed, a.size(0), b.size(1), a.size(1), 1.0F,
              left.tensor.const_data_ptr<float>(), left.stride,
              right.tensor.const_data_ptr<float>(), right.stride, beta, out.data_ptr<float>(),
              out.size(1));
}

Tensor product(const Tensor& a, const Tensor& b) {
  Tensor out = torch::empty({a.size(0), b.size(1)}, a.options());
  multiply(a, b, out, 0);
  return out;
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const Tensor& bias) {
    context->save_for_backward({x, weight});
    Tensor out = torch::empty({x.size(0), weight.size(0)}, x.options());
    out.copy_(bias.expand_as(out));
    multiply(x, weight.t(), out, 1);
    return out;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], grad = gradients[0].contiguous();
    Tensor grad_x, grad_weight, grad_bias;
    if (context->needs_input_grad(0)) grad_x = product(grad, weight);
    if (context->needs_input_grad(1)) grad_weight = product(grad.t(), x);
    if (context->needs_input_grad(2)) grad_bias = grad.sum(0);
    return {grad_x, grad_weight, grad_bias};
  }
};

struct MatmulFunction : torch::autograd::Function<MatmulFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& a, const Tensor& b) {
    context->save_for_backward({a, b});
    return product(a, b);
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor grad = gradients[0].contiguous();
    return {context->needs_input_grad(0) ? product(grad, saved[1].t()) : Tensor(),
            context->needs_input_grad(1) ? product(saved[0].t(), grad) : Tensor()};
  }
};

/// Gradient of x * s(x), s(x) = sigmoid(1.702 x): s (1 + 1.702 x (1 - s)). Only x is kept; the
/// three separate operations would keep three tensors.
struct QuickGelu : torch::autograd::Function<QuickGelu> {
  static Tensor forward(AutogradContext* context, const Tensor& x) {
    context->save_for_backward({x});
    return at::sigmoid(x * 1.702).mul_(x);
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const Tensor x = context->get_saved_variables()[0];
    const Tensor s = at::sigmoid(x * 1.702);
    return {(1 - s).mul_(x).mul_(1.702).add_(1).mul_(s).mul_(gradients[0])};
  }
};

}  // namespace

Tensor linear_layer(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (!fits_onednn(x, weight)) return at::linear(x, weight, bias);
  return bias.defined() ? LinearFunction::apply(x, weight, bias)
                        : MatmulFunction::apply(x, weight.t());
}

Tensor matrix_product(const Tensor& a, const Tensor& b) {
  return fits_onednn(a, b) ? MatmulFunction::apply(a, b) : at::mm(a, b);
}

Tensor quick_gelu(const Tensor& x) { return QuickGelu::apply(x); }

}  // namespace clipwright::tensor
