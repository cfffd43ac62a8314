#include "losses/terms/simclr.h"

#include <limits>

#include "core/error.h"
#include "tensor/linear.h"

namespace clipwright::losses::terms {
namespace {

HeadPlan head_plan(const TermSetting& setting) {
  const int64_t width = setting.options.count("width");
  return {.name = "head",
          .widths = {setting.widths.image_pooled, width, width, setting.options.count("output")},
          .norms = 2,
          .group = norm_rows("simclr", setting.options)};
}

}  // namespace

SimClrValue simclr_loss(const Tensor& first, const Tensor& second, double temperature) {
  CW_CHECK(first.dim() == 2 && first.sizes() == second.sizes(),
           "simclr_loss needs two views (N, D) of one shape");
  const int64_t count = first.size(0);
  const Tensor rows = torch::cat({first, second});
  Tensor logits = tensor::matrix_product(rows / temperature, rows.t());  // (2N, 2N)
  logits.fill_diagonal_(-std::numeric_limits<double>::infinity());
  const Tensor positive = (first * second).sum(1) / temperature;  // (N), of both views
  SimClrValue value;
  value.loss = at::logsumexp(logits, {1}).mean() - positive.mean();

  torch::NoGradGuard no_grad;
  const Tensor partner = torch::arange(2 * count, logits.options().dtype(torch::kInt64))
                             .add(count)
                             .remainder(2 * count);
  value.accuracy = logits.argmax(1).eq(partner).to(logits.scalar_type()).mean();
  return value;
}

SimClrValue simclr(const Tensor& pooled0, const Tensor& pooled1, const std::vector<HeadLayer>& head,
                   double temperature, int64_t group) {
  return simclr_loss(unit_rows(head_rows(pooled0, head, group)),
                     unit_rows(head_rows(pooled1, head, group)), temperature);
}

SimClr::SimClr(const TermSetting& setting)
    : first_view_(first_view(setting)),
      temperature_(setting.options.number("temperature")),
      head_(head_plan(setting), owner("simclr", setting.seed)) {}

Wants SimClr::wants() const {
  Wants wants;
  wants.views.resize(first_view_ + 2);
  wants.views[first_view_].pooled = wants.views[first_view_ + 1].pooled = true;
  return wants;
}

Tensor SimClr::loss(const Features& all) {
  if (is_training()) head_.begin_step();
  const Tensor first = head_.forward(all.views.at(first_view_).pooled, is_training()),
               second = head_.forward(all.views.at(first_view_ + 1).pooled, is_training());
  const SimClrValue value = simclr_loss(unit_rows(first), unit_rows(second), temperature_);
  if (is_training()) accuracy_ = value.accuracy;
  return value.loss;
}

void SimClr::after_step(const Features&) { head_.end_step(); }

std::vector<Reading> SimClr::readings() {
  if (!accuracy_.defined()) return {};
  return {{"simclr/accuracy", accuracy_.item<double>()}};
}

TermKind simclr_kind() {
  return {.name = "simclr",
          .summary = "Each view of a picture finds the other one among all views of the batch.",
          .source = "Chen et al. 2020 (SimCLR), section 2.1, as Mu et al. 2022 (SLIP) use it",
          .options = {{.name = "width",
                       .fallback = "4096",
                       .help = "of the head's first two layers",
                       .least = 1,
                       .whole = true,
                       .most = 65536},
                      {.name = "output",
                       .fallback = "256",
                       .help = "width of what is compared",
                       .least = 1,
                       .whole = true,
                       .most = 65536},
                      {.name = "temperature",
                       .fallback = "0.1",
                       .help = "divides the similarities",
                       .least = 1e-3},
                      norm_rows_option()},
          .views = 2,
          .texts = 0,
          .make = [](const TermSetting& setting) { return std::make_shared<SimClr>(setting); }};
}

}  // namespace clipwright::losses::terms
