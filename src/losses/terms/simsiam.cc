#include "losses/terms/simsiam.h"

#include <cmath>

namespace clipwright::losses::terms {
namespace {

/// Mean cosine of the rows of `a` and `b`.
Tensor mean_cosine(const Tensor& a, const Tensor& b) {
  return (unit_rows(a) * unit_rows(b)).sum(1).mean();
}

HeadPlan projector_plan(const TermSetting& setting) {
  const int64_t width = setting.options.count("width");
  HeadPlan plan = {.name = "projector",
                   .widths = {setting.widths.embedding, width, width, width},
                   .norms = 3,
                   .group = norm_rows("simsiam", setting.options)};
  // As a target z has no gradient; on its way to p the shift passes a linear layer and a norm.
  if (setting.options.is("stop-gradient", "on"))
    plan.last_norm_cancelled = "the predictor's batch norm takes it away again";
  return plan;
}

HeadPlan predictor_plan(const TermSetting& setting) {
  const int64_t width = setting.options.count("width");
  return {.name = "predictor",
          .widths = {width, setting.options.count("hidden"), width},
          .norms = 1,
          .group = norm_rows("simsiam", setting.options)};
}

}  // namespace

Tensor simsiam_loss(const Tensor& p0, const Tensor& p1, const Tensor& z0, const Tensor& z1,
                    bool stop_gradient) {
  const Tensor target0 = stop_gradient ? z0.detach() : z0,
               target1 = stop_gradient ? z1.detach() : z1;
  return -(mean_cosine(p0, target1) + mean_cosine(p1, target0)) / 2;
}

Tensor simsiam(const Tensor& embedding0, const Tensor& embedding1,
               const std::vector<HeadLayer>& projector, const std::vector<HeadLayer>& predictor,
               bool stop_gradient, int64_t group) {
  const Tensor z0 = head_rows(embedding0, projector, group),
               z1 = head_rows(embedding1, projector, group);
  return simsiam_loss(head_rows(z0, predictor, group), head_rows(z1, predictor, group), z0, z1,
                      stop_gradient);
}

Tensor collapse_indicator(const Tensor& rows) {
  torch::NoGradGuard no_grad;
  const Tensor spread = unit_rows(rows).std(0, /*unbiased=*/false);  // (D)
  return spread.mean() * std::sqrt(static_cast<double>(rows.size(1)));
}

SimSiam::SimSiam(const TermSetting& setting)
    : first_view_(first_view(setting)),
      stop_gradient_(setting.options.is("stop-gradient", "on")),
      projector_(projector_plan(setting), owner("simsiam", setting.seed)),
      predictor_(predictor_plan(setting), owner("simsiam", setting.seed)) {}

Wants SimSiam::wants() const {
  Wants wants;
  wants.views.resize(first_view_ + 2);
  wants.views[first_view_].embedding = wants.views[first_view_ + 1].embedding = true;
  return wants;
}

Tensor SimSiam::loss(const Features& all) {
  if (is_training()) {
    projector_.begin_step();
    predictor_.begin_step();
  }
  const Tensor z0 = projector_.forward(all.views.at(first_view_).embedding, is_training()),
               z1 = projector_.forward(all.views.at(first_view_ + 1).embedding, is_training());
  const Tensor p0 = predictor_.forward(z0, is_training()),
               p1 = predictor_.forward(z1, is_training());
  if (is_training()) collapse_ = (collapse_indicator(z0) + collapse_indicator(z1)) / 2;
  return simsiam_loss(p0, p1, z0, z1, stop_gradient_);
}

void SimSiam::after_step(const Features&) {
  projector_.end_step();
  predictor_.end_step();
}

std::vector<Reading> SimSiam::readings() {
  if (!collapse_.defined()) return {};
  return {{"simsiam/collapse", collapse_.item<double>()}};
}

TermKind simsiam_kind() {
  return {
      .name = "simsiam",
      .summary = "Each view's embedding predicts the other view's, by a small head.",
      .source = "Chen & He 2021 (SimSiam), section 3, with the sizes of Li et al. 2022 (DeCLIP)",
      .options = {{.name = "width",
                   .fallback = "1024",
                   .help = "of the projector's three layers",
                   .least = 1,
                   .whole = true,
                   .most = 65536},
                  {.name = "hidden",
                   .fallback = "512",
                   .help = "width between the predictor's two layers",
                   .least = 1,
                   .whole = true,
                   .most = 65536},
                  norm_rows_option(),
                  {.name = "stop-gradient",
                   .fallback = "on",
                   .help = "off: what is predicted has a gradient as well",
                   .choices = {"on", "off"}}},
      .views = 2,
      .texts = 0,
      .make = [](const TermSetting& setting) { return std::make_shared<SimSiam>(setting); }};
}

}  // namespace clipwright::losses::terms
