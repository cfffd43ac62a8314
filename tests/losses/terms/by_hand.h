// The formulas of the losses, one number at a time in double precision.
#pragma once

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "losses/catalogue.h"
#include "losses/terms/batch_norm_head.h"

namespace clipwright::losses::terms {

inline const auto kDouble = torch::TensorOptions().dtype(torch::kFloat64);

inline Tensor unit(const Tensor& x) { return x / x.norm(2, {1}, true); }
inline Tensor random_rows(int64_t count, int64_t width) {
  return torch::randn({count, width}, kDouble);
}
inline Tensor random_unit(int64_t count, int64_t width) { return unit(random_rows(count, width)); }
inline Tensor single(const Tensor& x) { return x.to(torch::kFloat32); }

namespace by_hand {

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;

inline Vector vector(const Tensor& x) {
  const Tensor flat = x.detach().to(torch::kFloat64).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}
inline Matrix matrix(const Tensor& x) {
  Matrix rows;
  for (int64_t i = 0; i < x.size(0); ++i) rows.push_back(vector(x[i]));
  return rows;
}

inline double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}
inline double cosine(const Vector& a, const Vector& b) {
  return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
}

inline double info_nce(const Tensor& images, const Tensor& texts, double scale) {
  const Matrix x = matrix(images), t = matrix(texts);
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double over_texts = 0, over_images = 0;
    for (size_t k = 0; k < x.size(); ++k) {
      over_texts += std::exp(scale * dot(x[i], t[k]));
      over_images += std::exp(scale * dot(x[k], t[i]));
    }
    const double positive = std::exp(scale * dot(x[i], t[i]));
    sum -= std::log(positive / over_texts) + std::log(positive / over_images);
  }
  return sum / (2 * static_cast<double>(x.size()));
}

/// Rows first .. last - 1 normalised together, in place.
inline void batch_norm(Matrix& rows, size_t first, size_t last, const Vector& weight,
                       const Vector& bias) {
  const auto count = static_cast<double>(last - first);
  for (size_t column = 0; column < weight.size(); ++column) {
    double mean = 0, variance = 0;
    for (size_t i = first; i < last; ++i) mean += rows[i][column] / count;
    for (size_t i = first; i < last; ++i)
      variance += (rows[i][column] - mean) * (rows[i][column] - mean) / count;
    for (size_t i = first; i < last; ++i)
      rows[i][column] =
          (rows[i][column] - mean) / std::sqrt(variance + 1e-5) * weight[column] + bias[column];
  }
}

/// All rows normalised together.
inline Matrix head(Matrix rows, const std::vector<HeadLayer>& layers) {
  for (size_t l = 0; l < layers.size(); ++l) {
    const Matrix weight = matrix(layers[l].weight);
    const Vector bias = vector(layers[l].bias);
    for (Vector& row : rows) {
      Vector out(weight.size());
      for (size_t o = 0; o < weight.size(); ++o) out[o] = dot(row, weight[o]) + bias[o];
      row = out;
    }
    if (layers[l].norm_weight.defined())
      batch_norm(rows, 0, rows.size(), vector(layers[l].norm_weight), vector(layers[l].norm_bias));
    if (l + 1 == layers.size()) continue;
    for (Vector& row : rows) {
      for (double& value : row) value = value > 0 ? value : 0;
    }
  }
  return rows;
}

}  // namespace by_hand

/// Random layers of the given widths, the first `norms` of them normalised.
inline std::vector<HeadLayer> random_head(const std::vector<int64_t>& widths, size_t norms) {
  std::vector<HeadLayer> layers;
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    HeadLayer layer = {random_rows(widths[i + 1], widths[i]) / 2,
                       torch::randn({widths[i + 1]}, kDouble)};
    if (i < norms) {
      layer.norm_weight = torch::rand({widths[i + 1]}, kDouble) + 0.5;
      layer.norm_bias = torch::randn({widths[i + 1]}, kDouble);
    }
    layers.push_back(layer);
  }
  return layers;
}

inline std::vector<HeadLayer> single(std::vector<HeadLayer> layers) {
  for (HeadLayer& layer : layers) {
    for (Tensor* leaf : {&layer.weight, &layer.bias, &layer.norm_weight, &layer.norm_bias}) {
      if (leaf->defined()) *leaf = single(*leaf);
    }
  }
  return layers;
}

/// The tensors of a head in a fixed order, and back.
inline std::vector<Tensor> leaves_of(const std::vector<HeadLayer>& layers) {
  std::vector<Tensor> leaves;
  for (const HeadLayer& layer : layers) {
    for (const Tensor& leaf : {layer.weight, layer.bias, layer.norm_weight, layer.norm_bias}) {
      if (leaf.defined()) leaves.push_back(leaf);
    }
  }
  return leaves;
}
inline std::vector<HeadLayer> head_of(const std::vector<Tensor>& leaves, size_t first, size_t depth,
                                      size_t norms) {
  std::vector<HeadLayer> layers(depth);
  for (size_t i = 0; i < depth; ++i) {
    layers[i].weight = leaves.at(first++);
    layers[i].bias = leaves.at(first++);
    if (i >= norms) continue;
    layers[i].norm_weight = leaves.at(first++);
    layers[i].norm_bias = leaves.at(first++);
  }
  return layers;
}

/// A term as an objective makes it.
inline std::shared_ptr<Term> made(const TermKind& kind,
                                  const std::map<std::string, std::string>& given = {},
                                  const TowerWidths& widths = {}, int64_t views = 2) {
  return kind.make({.options = TermOptions(kind.name, kind.options, given),
                    .widths = widths,
                    .seed = 7,
                    .views = views});
}

/// What the towers might have given for some pairs, in double precision.
inline Features random_features(int64_t pairs, size_t views, size_t texts, size_t rewrites = 0) {
  Features f;
  for (size_t i = 0; i < views; ++i) {
    const Tensor rows = random_rows(pairs, 6);
    f.views.push_back({.embedding = rows, .unit = unit(rows), .pooled = random_rows(pairs, 9)});
  }
  const auto text = [&] {
    const Tensor rows = random_rows(pairs, 6);
    return TextFeatures{.embedding = rows, .unit = unit(rows)};
  };
  for (size_t i = 0; i < texts; ++i) f.texts.push_back(text());
  for (size_t i = 0; i < rewrites; ++i) f.rewrites.push_back(text());
  f.logit_scale = torch::tensor(5.0, kDouble);
  return f;
}

}  // namespace clipwright::losses::terms
