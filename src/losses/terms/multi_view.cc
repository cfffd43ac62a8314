#include "losses/terms/multi_view.h"

#include "losses/terms/contrastive.h"

namespace clipwright::losses::terms {

Tensor multi_view(const std::array<Tensor, 2>& images, const std::array<Tensor, 2>& texts,
                  const Tensor& scale, MultiViewWeighting weighting) {
  const Tensor sum = info_nce(images[1], texts[0], scale) + info_nce(images[0], texts[1], scale) +
                     info_nce(images[1], texts[1], scale);
  switch (weighting) {
    case MultiViewWeighting::kMean:
      return (info_nce(images[0], texts[0], scale) + sum) / 4;
    case MultiViewWeighting::kPaper:
      return sum / 3;
    case MultiViewWeighting::kPaperSum:
      break;
  }
  return sum;
}

Wants MultiView::wants() const {
  return {.views = {{.embedding = true}, {.embedding = true}},
          .texts = {{.embedding = true}, {.embedding = true}},
          .scale = true};
}

Tensor MultiView::loss(const Features& all) {
  return multi_view({all.views.at(0).unit, all.views.at(1).unit},
                    {all.texts.at(0).unit, all.texts.at(1).unit}, all.logit_scale, weighting_);
}

TermKind multi_view_kind() {
  return {
      .name = "multi-view",
      .summary = "The contrastive loss of two views of a picture with two texts.",
      .source = "Li et al. 2022 (DeCLIP), multi-view supervision",
      .options = {{.name = "weighting",
                   .fallback = "mean",
                   .help = "mean: of all four pairs, as DeCLIP's code trains; paper: the mean of "
                           "the three beside the first view with the first text, to go with a "
                           "contrastive term; paper-sum: the sum of these three",
                   .choices = {"mean", "paper", "paper-sum"}}},
      .views = 2,
      .texts = 2,
      .make = [](const TermSetting& setting) {
        return std::make_shared<MultiView>(
            setting.options.is("weighting", "mean")    ? MultiViewWeighting::kMean
            : setting.options.is("weighting", "paper") ? MultiViewWeighting::kPaper
                                                       : MultiViewWeighting::kPaperSum);
      }};
}

}  // namespace clipwright::losses::terms
