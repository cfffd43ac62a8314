#include "losses/terms/filip.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "core/error.h"
#include "losses/drawing.h"
#include "losses/filip_heads.h"
#include "tensor/linear.h"

namespace clipwright::losses::terms {
namespace {

/// For each row its product with the sum of the own pair's other side's rows, which is the sum of
/// its products with each. In float64, since a choice hangs on it; equal rows get equal bits.
template <typename T>
void sum_with_partner(const T* mine, const int32_t* begin, const T* theirs,
                      const int32_t* their_begin, int64_t count, int64_t width, double* sums) {
  at::parallel_for(0, count, 8, [&](int64_t first, int64_t last) {
    std::vector<double> total(static_cast<size_t>(width));
    for (int64_t n = first; n < last; ++n) {
      std::fill(total.begin(), total.end(), 0);
      for (int64_t row = their_begin[n]; row < their_begin[n + 1]; ++row) {
        for (int64_t d = 0; d < width; ++d)
          total[static_cast<size_t>(d)] += double{theirs[row * width + d]};
      }
      for (int64_t row = begin[n]; row < begin[n + 1]; ++row)
        sums[row] = std::inner_product(total.begin(), total.end(), mine + row * width, 0.0);
    }
  });
}

/// (R) float64 on the CPU.
Tensor sums_with_partner(const Tensor& rows, const Tensor& offsets, const Tensor& partner_rows,
                         const Tensor& partner_offsets) {
  const Tensor mine = rows.detach().cpu().contiguous(),
               theirs = partner_rows.detach().cpu().contiguous();
  Tensor sums = torch::empty({mine.size(0)}, torch::kFloat64);
  AT_DISPATCH_FLOATING_TYPES(mine.scalar_type(), "sums_with_partner", [&] {
    sum_with_partner(mine.const_data_ptr<scalar_t>(), offsets.const_data_ptr<int32_t>(),
                     theirs.const_data_ptr<scalar_t>(), partner_offsets.const_data_ptr<int32_t>(),
                     offsets.size(0) - 1, mine.size(1), sums.data_ptr<double>());
  });
  return sums;
}

/// The `keep` rows of each thing with the largest `sums`, the lower index of equals.
RowGroups kept_by(const Tensor& sums, const Tensor& rows, const Tensor& offsets, int64_t keep) {
  const double* value = sums.const_data_ptr<double>();
  const int32_t* at = offsets.const_data_ptr<int32_t>();
  std::vector<int32_t> kept, kept_offsets = {0}, order;
  for (int64_t n = 0; n + 1 < offsets.size(0); ++n) {
    order.resize(static_cast<size_t>(at[n + 1] - at[n]));
    std::iota(order.begin(), order.end(), at[n]);
    if (static_cast<int64_t>(order.size()) > keep) {
      // What is no number comes last, so that the order stays one.
      const auto rank = [&](int32_t row) {
        return std::isnan(value[row]) ? -std::numeric_limits<double>::infinity() : value[row];
      };
      std::stable_sort(order.begin(), order.end(),
                       [&](int32_t left, int32_t right) { return rank(left) > rank(right); });
      order.resize(static_cast<size_t>(keep));
      std::sort(order.begin(), order.end());
    }
    kept.insert(kept.end(), order.begin(), order.end());
    kept_offsets.push_back(static_cast<int32_t>(kept.size()));
  }
  return {rows, offsets, torch::tensor(kept, torch::kInt32),
          torch::tensor(kept_offsets, torch::kInt32)};
}

class Filip final : public Term {
 public:
  explicit Filip(const TermSetting& setting)
      : keep_(setting.options.is("keep", "all") ? kKeepAll : setting.options.count("keep")) {
    const int64_t dim = setting.options.count("dim");
    std::tie(heads_.image_weight, heads_.image_bias) =
        add_head("image", dim, setting.widths.image_patches, setting.seed);
    std::tie(heads_.text_weight, heads_.text_bias) =
        add_head("text", dim, setting.widths.text_tokens, setting.seed);
    heads_.padding = setting.options.is("padding", "on");
    if (heads_.padding) {
      table_.add({.name = kFilipPadding,
                  .leaf = torch::ones({1}, torch::kInt64),
                  .kind = tensor::TensorKind::kConstant});
    }
    if (setting.options.is("scale", "own"))
      log_scale_ = add_parameter("logit_scale", torch::tensor(std::log(1 / 0.07), torch::kFloat32));
  }

  Wants wants() const override {
    return {.views = {{.patches = true}},
            .texts = {{.tokens = true, .padding = heads_.padding}},
            .scale = !log_scale_.defined()};
  }

  Tensor loss(const Features& all) override {
    const TextFeatures& text = all.texts.at(0);
    return filip_loss(heads_.image_rows(all.views.at(0).patches), heads_.text_rows(text.tokens),
                      text.offsets, log_scale_.defined() ? log_scale_.exp() : all.logit_scale,
                      keep_);
  }

  std::vector<Reading> readings() override {
    if (!log_scale_.defined()) return {};
    return {{"filip/logit_scale", log_scale_.detach().exp().item<double>()}};
  }

  void write_beside(const std::filesystem::path& model, const Wants& all) const override {
    write_filip_heads(model, heads_, all.any_image_embedding() && all.any_text_embedding());
  }

  /// As published: the log itself within [3, 6], from the second step on.
  void after_update() override {
    const torch::NoGradGuard no_grad;
    if (log_scale_.defined()) log_scale_.clamp_(3, 6);
  }

 private:
  /// Weight and bias of one side.
  std::pair<Tensor, Tensor> add_head(const std::string& side, int64_t dim, int64_t width,
                                     uint64_t seed) {
    CW_CHECK(width > 0, "filip needs a tower with rows for the " + side);
    const double half = 1 / std::sqrt(static_cast<double>(width));
    const auto drawn = [&](const std::string& name, torch::IntArrayRef shape) {
      return add_parameter(name, drawn_uniform(shape, half, seed, "filip." + name));
    };
    return {drawn(side + ".weight", {dim, width}), drawn(side + ".bias", {dim})};
  }

  int64_t keep_;
  FilipHeads heads_;
  Tensor log_scale_;  // undefined: the objective's
};

}  // namespace

FilipSides filip_sides(const Tensor& patches, const Tensor& tokens, const Tensor& offsets,
                       int64_t keep) {
  CW_CHECK(patches.dim() == 3 && tokens.dim() == 2 && patches.size(2) == tokens.size(1) &&
               offsets.size(0) == patches.size(0) + 1,
           "filip needs patches (N, P, D), tokens (T, D) and N + 1 offsets");
  CW_CHECK(keep >= 1, "filip keeps at least one row");
  const int64_t pairs = patches.size(0), count = patches.size(1);
  const Tensor rows = patches.reshape({pairs * count, patches.size(2)});
  const Tensor starts = torch::arange(pairs + 1, torch::kInt32).mul_(count);
  FilipSides sides = {all_kept(rows, starts), all_kept(tokens, offsets)};
  if (count > keep)
    sides.images = kept_by(sums_with_partner(rows, starts, tokens, offsets), rows, starts, keep);
  if (offsets.diff().max().item<int64_t>() > keep)
    sides.texts = kept_by(sums_with_partner(tokens, offsets, rows, starts), tokens, offsets, keep);
  return sides;
}

Tensor filip_loss(const Tensor& patches, const Tensor& tokens, const Tensor& offsets,
                  const Tensor& scale, int64_t keep) {
  const FilipSides sides = filip_sides(patches, tokens, offsets, keep);
  const auto [of_images, of_texts] = token_similarity(sides.images, sides.texts);  // both (N, N)
  const Tensor over_texts = scale * of_images, over_images = scale * of_texts;
  return (at::logsumexp(over_texts, {1}) - over_texts.diagonal() + at::logsumexp(over_images, {0}) -
          over_images.diagonal())
             .mean() /
         2;
}

TermKind filip_kind() {
  return {
      .name = "filip",
      .summary =
          "each patch looks for its token and each token for its patch; pictures and texts "
          "are matched by the mean of what they find",
      .source = "Yao et al. 2021 (FILIP), sections 3.1 and 3.2",
      .options =
          {{.name = "keep",
            .fallback = "16",
            .help = "rows of each side that the other is compared with, those most alike to their "
                    "own pair; all, or a number (published code: 16; its results of March 2022: "
                    "all)",
            .choices = {"all"},
            .least = 1,
            .whole = true,
            .or_number = true},
           {.name = "dim",
            .fallback = "256",
            .help = "width in which patches and tokens are compared",
            .least = 1,
            .whole = true,
            .most = 65536},
           {.name = "scale",
            .fallback = "own",
            .help = "own: learned beside the model's, its log within 3 and 6; shared: the model's",
            .choices = {"own", "shared"}},
           {.name = "padding",
            .fallback = "off",
            .help = "on: the rows behind a text, up to the context length, take part as tokens, as "
                    "in the published code; off: a text's own tokens alone, as in the paper",
            .choices = {"off", "on"}}},
      .reads_patches = true,
      .make = [](const TermSetting& setting) { return std::make_shared<Filip>(setting); },
  };
}

}  // namespace clipwright::losses::terms
