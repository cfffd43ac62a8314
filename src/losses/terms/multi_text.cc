#include "losses/terms/multi_text.h"

#include "core/error.h"
#include "losses/terms/contrastive.h"

namespace clipwright::losses::terms {

Tensor multi_text(const Tensor& images, const std::vector<Tensor>& texts, const Tensor& scale,
                  MultiTextConstant constant) {
  CW_CHECK(!texts.empty(), "multi_text needs a text");
  Tensor sum = info_nce(images, texts[0], scale);
  for (size_t slot = 1; slot < texts.size(); ++slot)
    sum = sum + info_nce(images, texts[slot], scale);
  const size_t rewrites = texts.size() - 1;
  if (rewrites == 0) return sum;
  return sum / static_cast<double>(constant == MultiTextConstant::kPaper ? rewrites : texts.size());
}

Wants MultiText::wants() const {
  return {.views = {{.embedding = true}},
          .texts = {{.embedding = true}},
          .rewrites = true,
          .scale = true};
}

Tensor MultiText::loss(const Features& all) {
  std::vector<Tensor> texts = {all.texts.at(0).unit};
  for (const TextFeatures& rewrite : all.rewrites) texts.push_back(rewrite.unit);
  return multi_text(all.views.at(0).unit, texts, all.logit_scale, constant_);
}

TermKind multi_text_kind() {
  return {.name = "multi-text",
          .summary = "The contrastive loss of each picture with every text that it has.",
          .source = "Fan et al. 2023 (LaCLIP), multi-text loss",
          .options = {{.name = "constant",
                       .fallback = "paper",
                       .help = "divides the sum over M + 1 texts by M (paper) or by M + 1 (mean)",
                       .choices = {"paper", "mean"}}},
          .reads_rewrites = true,
          .make = [](const TermSetting& setting) {
            return std::make_shared<MultiText>(setting.options.is("constant", "paper")
                                                   ? MultiTextConstant::kPaper
                                                   : MultiTextConstant::kMean);
          }};
}

}  // namespace clipwright::losses::terms
