#include "bench/filip_step.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "core/random.h"
#include "losses/features.h"
#include "losses/terms/filip.h"
#include "tensor/device.h"
#include "tensor/peak_memory.h"

namespace clipwright::bench {
namespace {

namespace terms = losses::terms;

// A ViT-B/32's patches and the published width of the comparison.
constexpr int64_t kPatches = 49, kWidth = 256, kKept = 16;
constexpr double kBelowCosines = -2;

struct Batch {
  Tensor patches, tokens, offsets, scale;
};

/// Random unit rows; texts of 3 to 33 tokens with the mean of CC3M's captions.
Batch made_up_batch(int64_t pairs) {
  Tensor offsets = torch::zeros({pairs + 1}, torch::kInt32);
  int32_t* end = offsets.data_ptr<int32_t>();
  for (int64_t n = 0; n < pairs; ++n) {
    Random random(0, "benchmark-filip", 0, static_cast<uint64_t>(n));
    const int words = std::min(31, 1 + static_cast<int>(9.5 * std::exp(0.45 * random.normal())));
    end[n + 1] = end[n] + words + 2;
  }
  torch::manual_seed(0);
  const auto rows = [](torch::IntArrayRef shape) {
    return losses::unit_rows(torch::randn(shape)).requires_grad_();
  };
  return {rows({pairs, kPatches, kWidth}), rows({end[pairs], kWidth}), offsets,
          torch::tensor(20.0F).requires_grad_()};
}

/// Rows of things, filled up with zeros to the longest: (G, L, D), and which are real: (G, L).
std::pair<Tensor, Tensor> padded(const Tensor& rows, const Tensor& offsets) {
  const Tensor lengths = offsets.diff().to(torch::kInt64);
  const Tensor real =
      torch::arange(lengths.max().item<int64_t>()).unsqueeze(0) < lengths.unsqueeze(1);
  return {torch::zeros({real.size(0), real.size(1), rows.size(1)})
              .masked_scatter(real.unsqueeze(2), rows),
          real};
}

/// (N, N) each: pictures by texts.
struct Similarities {
  Tensor of_images, of_texts;
};

/// The mean over each text's real tokens of (pictures, texts, tokens).
Tensor mean_of_tokens(const Tensor& found, const Tensor& real) {
  return (found * (real.to(torch::kFloat32) / real.sum(1, /*keepdim=*/true))).sum(2);
}

/// Without a choice both directions come from one product of everything.
Similarities materialised_all(const Batch& batch) {
  const auto [tokens, real] = padded(batch.tokens, batch.offsets);
  Tensor products = at::einsum("ipd,ltd->iplt", {batch.patches, tokens});
  products.masked_fill_(real.logical_not(), kBelowCosines);
  return {std::get<0>(products.max(3)).mean(1), mean_of_tokens(std::get<0>(products.max(1)), real)};
}

Similarities materialised_kept(const Batch& batch, int64_t keep) {
  const auto sides = terms::filip_sides(batch.patches, batch.tokens, batch.offsets, keep);
  const auto kept_rows = [](const terms::RowGroups& groups) {
    return padded(groups.rows.index_select(0, groups.kept), groups.kept_offsets);
  };
  const auto [kept_tokens, token_is_kept] = kept_rows(sides.texts);
  const Tensor kept_patches = kept_rows(sides.images).first;  // as many of each picture
  const auto [tokens, real] = padded(batch.tokens, batch.offsets);
  Tensor products = at::einsum("ipd,lkd->iplk", {batch.patches, kept_tokens});
  products.masked_fill_(token_is_kept.logical_not(), kBelowCosines);
  const Tensor back = at::einsum("ikd,ltd->iltk", {kept_patches, tokens});
  return {std::get<0>(products.max(3)).mean(1), mean_of_tokens(std::get<0>(back.max(3)), real)};
}

/// The loss as it is written down: all similarities in one tensor, then their largest.
Tensor materialised_loss(const Batch& batch, int64_t keep) {
  const Similarities found =
      keep == terms::kKeepAll ? materialised_all(batch) : materialised_kept(batch, keep);
  const Tensor over_texts = batch.scale * found.of_images,
               over_images = batch.scale * found.of_texts;
  return (at::logsumexp(over_texts, {1}) - over_texts.diagonal() + at::logsumexp(over_images, {0}) -
          over_images.diagonal())
             .mean() /
         2;
}

struct Run {
  double loss = 0, seconds = 0, mebibytes = 0;
  std::array<Tensor, 3> gradients;
};

Run run_once(const Batch& batch, int64_t keep, bool tiled) {
  Run run;
  const tensor::PeakMemory peak;
  run.seconds = seconds_of([&] {
    const Tensor loss =
        tiled ? terms::filip_loss(batch.patches, batch.tokens, batch.offsets, batch.scale, keep)
              : materialised_loss(batch, keep);
    loss.backward();
    run.loss = loss.item<double>();
  });
  run.mebibytes = static_cast<double>(peak.bytes()) / (1 << 20);
  const Tensor* inputs[] = {&batch.patches, &batch.tokens, &batch.scale};
  for (size_t i = 0; i < 3; ++i) {
    run.gradients[i] = inputs[i]->grad();
    inputs[i]->mutable_grad() = Tensor();
  }
  return run;
}

void check_agreement(const Run& ours, const Run& theirs) {
  CW_CHECK(std::abs(ours.loss - theirs.loss) <= 1e-5 * std::abs(theirs.loss),
           "both forms of the loss agree");
  // Where two similarities differ in their last bit alone, either may be the largest: the gradients
  // of a few rows then differ, those of all hardly.
  for (size_t i = 0; i < ours.gradients.size(); ++i) {
    const double apart = (ours.gradients[i] - theirs.gradients[i]).norm().item<double>();
    CW_CHECK(apart <= 1e-3 * theirs.gradients[i].norm().item<double>(),
             "both forms of the gradient agree");
  }
}

}  // namespace

std::vector<Measurement> benchmark_filip(const FilipBenchmark& options) {
  tensor::set_compute_threads(options.threads);
  run_once(made_up_batch(8), kKept, true);  // opens libraries, starts threads
  std::vector<Measurement> results;
  for (const int64_t pairs : {options.pairs, 2 * options.pairs}) {
    const Batch batch = made_up_batch(pairs);
    for (const int64_t keep : {kKept, terms::kKeepAll}) {
      char size[96];
      std::snprintf(size, sizeof size,
                    "%lld pairs, %.1f tokens a text, keep %s: ", static_cast<long long>(pairs),
                    static_cast<double>(batch.tokens.size(0)) / static_cast<double>(pairs),
                    keep == kKept ? "16" : "all");
      const bool both = pairs <= options.most_materialised;
      std::array<Measurement, 4> rows;
      for (size_t i = 0; i < rows.size(); ++i) {
        rows[i].name = "filip";
        rows[i].mode = size + std::string(i < 2 ? "tiles" : "materialised") +
                       (i % 2 == 0 ? ", forward and backward" : ", peak of tensors");
        rows[i].unit = i % 2 == 0 ? "s" : "MiB";
      }
      for (int run = 0; run < options.runs; ++run) {
        const Run ours = run_once(batch, keep, true);
        rows[0].runs.push_back(ours.seconds);
        rows[1].runs.push_back(ours.mebibytes);
        for (Measurement& row : rows) row.check["loss"] = ours.loss;
        if (!both) continue;
        const Run theirs = run_once(batch, keep, false);
        check_agreement(ours, theirs);
        rows[2].runs.push_back(theirs.seconds);
        rows[3].runs.push_back(theirs.mebibytes);
      }
      results.insert(results.end(), rows.begin(), rows.begin() + (both ? 4 : 2));
    }
  }
  return results;
}

}  // namespace clipwright::bench
