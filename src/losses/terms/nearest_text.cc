#include "losses/terms/nearest_text.h"

#include <algorithm>

#include "core/error.h"
#include "tensor/linear.h"

namespace clipwright::losses::terms {
namespace {

/// Cross-entropy of scale * images neighbours^T (N, N) against the own row.
Tensor matched(const Tensor& images, const Tensor& neighbours, const Tensor& scale, bool both) {
  const Tensor logits = scale * tensor::matrix_product(images, neighbours.t());
  const Tensor own = logits.diagonal();
  const Tensor to_texts = (at::logsumexp(logits, {1}) - own).mean();
  return both ? (to_texts + (at::logsumexp(logits, {0}) - own).mean()) / 2 : to_texts;
}

torch::ScalarType type_of(const TermOptions& options) {
  return options.is("type", "fp16")   ? torch::kFloat16
         : options.is("type", "bf16") ? torch::kBFloat16
                                      : torch::kFloat32;
}

class NearestText final : public Term {
 public:
  explicit NearestText(const TermSetting& setting) {
    const TermOptions& options = setting.options;
    const int64_t size = options.count("size");
    form_ = {options.is("direction", "both"), options.is("pairs", "four"), options.count("top-k")};
    if (size > 0 && form_.neighbours > size)
      fail_usage("nearest-text's option top-k is " + options.text("top-k"),
                 "at most the queue's size, " + options.text("size"));
    queue_ = add_buffer(
        "queue", random_queue(size, setting.widths.embedding, setting.seed).to(type_of(options)),
        flaw_of_queue);
    position_ = add_buffer("queue.position", torch::zeros({}, torch::kInt64),
                           tensor::number_outside(0, std::max<int64_t>(0, size - 1)));
    filled_ = add_buffer("queue.filled", torch::zeros({}, torch::kInt64),
                         tensor::number_outside(0, size));
  }

  Wants wants() const override {
    return {.views = {{.embedding = true}, {.embedding = true}},
            .texts = {{.embedding = true}, {.embedding = true}},
            .scale = true};
  }

  Tensor loss(const Features& all) override {
    const NearestTextLoss result =
        nearest_text_loss(all.views.at(0).unit, all.views.at(1).unit, all.texts.at(0).unit,
                          all.texts.at(1).unit, queue_, all.logit_scale, form_);
    if (is_training() && !result.found.empty()) note(result.found, all.pairs());
    return result.loss;
  }

  void after_step(const Features& all) override {
    if (!is_training()) return;
    const Tensor &text0 = all.texts.at(0).unit, &text1 = all.texts.at(1).unit;
    position_.fill_(store_step(queue_, position_.item<int64_t>(), text0, text1));
    filled_.fill_(
        std::min(queue_.size(0), filled_.item<int64_t>() + text0.size(0) + text1.size(0)));
  }

  std::vector<Reading> readings() override { return readings_; }

 private:
  /// Ages follow from places: the row before the position is the youngest, and a step adds two rows
  /// a pair. Random rows, which no step has stored, have none.
  void note(const std::vector<NearestRows>& found, int64_t pairs) {
    const torch::NoGradGuard no_grad;
    const int64_t size = queue_.size(0), position = position_.item<int64_t>(),
                  filled = filled_.item<int64_t>();
    double similarity = 0, steps = 0;
    int64_t stored = 0;
    for (const NearestRows& texts : found) {
      const Tensor nearest = texts.rows.select(1, 0).to(torch::kCPU).contiguous();
      for (int64_t n = 0; n < nearest.size(0); ++n) {
        const int64_t behind =
            (position - 1 - nearest.const_data_ptr<int64_t>()[n] + 2 * size) % size;
        if (behind >= filled) continue;
        steps += static_cast<double>(behind / (2 * pairs) + 1);
        ++stored;
      }
      similarity += texts.similarities.select(1, 0).mean().item<double>();
    }
    readings_ = {{"nearest-text/age", stored == 0 ? 0 : steps / static_cast<double>(stored)},
                 {"nearest-text/similarity", similarity / static_cast<double>(found.size())},
                 {"nearest-text/filled", static_cast<double>(filled) / static_cast<double>(size)}};
  }

  NearestTextForm form_;
  Tensor queue_, position_, filled_;
  std::vector<Reading> readings_;
};

}  // namespace

NearestTextLoss nearest_text_loss(const Tensor& image0, const Tensor& image1, const Tensor& text0,
                                  const Tensor& text1, const Tensor& queue, const Tensor& scale,
                                  const NearestTextForm& form) {
  CW_CHECK(image0.dim() == 2 && image0.sizes() == image1.sizes() &&
               image0.sizes() == text0.sizes() && image0.sizes() == text1.sizes(),
           "nearest-text needs two views and two texts (N, E) of one shape");
  if (queue.size(0) == 0) return {(image0.sum() + image1.sum()) * scale * 0, {}};
  NearestTextLoss result;
  result.found.push_back(nearest_rows(queue, text0, form.neighbours));
  if (form.four_pairs) result.found.push_back(nearest_rows(queue, text1, form.neighbours));
  double terms = 0;
  for (const NearestRows& found : result.found) {
    for (int64_t j = 0; j < form.neighbours; ++j) {
      const Tensor neighbours = queue_rows(queue, found.rows.select(1, j), image0);
      for (const Tensor& images : {image0, image1}) {
        const Tensor loss = matched(images, neighbours, scale, form.both_directions);
        result.loss = result.loss.defined() ? result.loss + loss : loss;
        ++terms;
      }
    }
  }
  result.loss = result.loss / terms;
  return result;
}

int64_t store_step(Tensor queue, int64_t position, const Tensor& text0, const Tensor& text1) {
  return store_rows(queue, store_rows(queue, position, text1.detach()), text0.detach());
}

TermKind nearest_text_kind() {
  return {
      .name = "nearest-text",
      .summary = "a picture also belongs to the remembered text that is nearest to its own",
      .source = "Li et al. 2022 (DeCLIP), section 3.3; the defaults are its published code's",
      .options =
          {{.name = "size",
            .fallback = "65536",
            .help = "texts that are remembered; 0: none, and no loss",
            .whole = true,
            .most = 16777216},
           {.name = "type",
            .fallback = "fp32",
            .help = "how they are stored; half precision halves the memory, 2 KB a text of 512",
            .choices = {"fp32", "fp16", "bf16"}},
           {.name = "direction",
            .fallback = "image",
            .help = "image: pictures look for neighbours; both: neighbours look for pictures too",
            .choices = {"image", "both"}},
           {.name = "pairs",
            .fallback = "four",
            .help = "four: both views with the neighbours of both texts, as the published code; "
                    "two: with those of text 0, as the paper",
            .choices = {"four", "two"}},
           {.name = "top-k",
            .fallback = "1",
            .help = "neighbours of each text; of more than one the mean of the losses with "
                    "everyone's first, second, ...",
            .least = 1,
            .whole = true,
            .most = 1024}},
      .views = 2,
      .texts = 2,
      .make = [](const TermSetting& setting) { return std::make_shared<NearestText>(setting); },
  };
}

}  // namespace clipwright::losses::terms
