#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "bench/benchmarks.h"
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

/// The largest along `dim` of (rows, things, rows of a thing), padding left out.
Tensor largest(Tensor products, const Tensor& real) {
  products.masked_fill_(real.logical_not(), -2);  // below every cosine
  return std::get<0>(products.max(-1));
}

/// The loss as it is written down: all similarities in one tensor, then their largest.
Tensor materialised_loss(const Batch& batch, int64_t keep) {
  const auto sides = terms::filip_sides(batch.patches, batch.tokens, batch.offsets, keep);
  const int64_t pairs = batch.patches.size(0);
  const auto kept_rows = [](const terms::RowGroups& groups) {
    return padded(groups.rows.index_select(0, groups.kept), groups.kept_offsets);
  };
  const auto [kept_tokens, token_is_kept] = kept_rows(sides.texts);
  const auto [kept_patches, patch_is_kept] = kept_rows(sides.images);
  const auto [tokens, real] = padded(batch.tokens, batch.offsets);
  const Tensor of_images =  // (N, N): pictures, texts
      largest(at::einsum("ipd,lkd->iplk", {batch.patches, kept_tokens}), token_is_kept).mean(1);
  const Tensor over_texts = batch.scale * of_images;
  const Tensor found =  // (N, L, N): texts, their tokens, pictures
      largest(at::einsum("ltd,ikd->ltik", {tokens, kept_patches}), patch_is_kept);
  const Tensor weights = real.to(torch::kFloat32) / real.sum(1, /*keepdim=*/true);
  const Tensor over_images =
      batch.scale * (found * weights.unsqueeze(2)).sum(1);  // texts, pictures
  CW_CHECK(of_images.size(0) == pairs, "a similarity of every pair");
  return (at::logsumexp(over_texts, {1}) - over_texts.diagonal() + at::logsumexp(over_images, {1}) -
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
  for (size_t i = 0; i < ours.gradients.size(); ++i) {
    const double apart = (ours.gradients[i] - theirs.gradients[i]).abs().max().item<double>();
    CW_CHECK(apart <= 1e-4 * theirs.gradients[i].abs().max().item<double>(),
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
