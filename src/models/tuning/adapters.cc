#include "models/tuning/adapters.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/random.h"

namespace clipwright::models::tuning {
namespace {

bool wanted(const AdapterOptions& options, const std::string& target) {
  return std::find(options.targets.begin(), options.targets.end(), target) != options.targets.end();
}

/// Module names may not hold dots.
std::string plain(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

Tensor drawn(const std::string& name, int64_t rank, int64_t in, uint64_t seed,
             const torch::TensorOptions& like) {
  Random random(seed, "lora", 0, name);
  Tensor values = torch::empty({rank, in}, torch::kFloat32);
  const double half = 1 / std::sqrt(static_cast<double>(in));
  for (int64_t i = 0; i < values.numel(); ++i)
    values.data_ptr<float>()[i] = static_cast<float>((2 * random.uniform() - 1) * half);
  return values.to(like);
}

}  // namespace

const std::vector<std::string>& adapter_targets() {
  static const std::vector<std::string> names = {"q", "k", "v", "o", "mlp"};
  return names;
}

void Adapters::add(towers::LowRank& place, torch::nn::Module& owner, const std::string& name,
                   const std::string& matrix, int64_t first_row, int64_t out, int64_t in,
                   const AdapterOptions& options, uint64_t seed) {
  CW_CHECK(!place.defined(), name + " is adapted twice");
  const torch::TensorOptions like = owner.parameters(/*recurse=*/false).at(0).options();
  const std::string a = name + ".lora_A", b = name + ".lora_B";
  place.a = owner.register_parameter(plain(a), drawn(a, options.rank, in, seed, like));
  place.b = owner.register_parameter(plain(b), torch::zeros({out, options.rank}, like));
  place.scale = options.alpha / options.rank;
  table_.add(a, place.a);
  table_.add(b, place.b);
  list_.push_back({name, matrix, first_row, place});
}

void Adapters::adapt(towers::ResidualBlock& block, const std::string& prefix, bool timm_names,
                     const AdapterOptions& options, uint64_t seed) {
  const int64_t width = block.config.width, hidden = block.c_fc_weight.size(0);
  const std::string attention = prefix + "attn.", mlp = prefix + "mlp.",
                    joint = attention + (timm_names ? "qkv.weight" : "in_proj_weight"),
                    first = mlp + (timm_names ? "fc1" : "c_fc"),
                    second = mlp + (timm_names ? "fc2" : "c_proj");
  const auto square = [&](const char* target, towers::LowRank& place, const std::string& matrix,
                          int64_t first_row) {
    if (wanted(options, target))
      add(place, block, attention + target, matrix, first_row, width, width, options, seed);
  };
  square("q", block.low_rank.q, joint, 0);
  square("k", block.low_rank.k, joint, width);
  square("v", block.low_rank.v, joint, 2 * width);
  square("o", block.low_rank.o, attention + (timm_names ? "proj.weight" : "out_proj.weight"), 0);
  if (!wanted(options, "mlp")) return;
  add(block.low_rank.c_fc, block, first, first + ".weight", 0, hidden, width, options, seed);
  add(block.low_rank.c_proj, block, second, second + ".weight", 0, width, hidden, options, seed);
}

void Adapters::adapt(towers::ModifiedResNet& resnet, const AdapterOptions& options, uint64_t seed) {
  for (const char* target : {"q", "k", "v", "o"}) {
    if (!wanted(options, target)) continue;
    const std::string name =
        std::string("visual.attnpool.") + (*target == 'o' ? "c" : target) + "_proj";
    const tensor::TableEntry& matrix = resnet.table().at(name + ".weight");
    add(resnet.low_rank(*target), resnet, name, matrix.name, 0, matrix.leaf.size(0),
        matrix.leaf.size(1), options, seed);
  }
}

std::vector<NamedTensor> Adapters::merged(std::vector<NamedTensor> tensors) const {
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : tensors) {
    Tensor sum;  // in float64, rounded once
    for (const Adapter& adapter : list_) {
      if (adapter.matrix != name) continue;
      if (!sum.defined()) sum = tensor.to(torch::kDouble, /*non_blocking=*/false, /*copy=*/true);
      const Tensor added = adapter.low_rank.product();
      sum.narrow(0, adapter.first_row, added.size(0)).add_(added);
    }
    if (sum.defined()) tensor = sum.to(tensor.scalar_type());
  }
  return tensors;
}

}  // namespace clipwright::models::tuning
