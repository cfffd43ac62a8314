#include "eval/multi_label.h"

#include <algorithm>

#include "core/error.h"
#include "eval/zeroshot.h"

namespace clipwright::eval {

Json MultiLabelResult::metrics() const { return {{"mean_average_precision", precision.mean}}; }

SampleOutcomes MultiLabelResult::samples() const {
  SampleOutcomes samples;
  const int64_t classes = by_picture.size(1);
  samples.metrics = {"mean_average_precision"};
  for (int64_t c = 0; c < classes; ++c)
    samples.metrics.push_back("average_precision_" + std::to_string(c));
  const Tensor values =
      torch::cat({by_picture.mean(1, /*keepdim=*/true), by_picture}, 1).to(torch::kFloat32);
  for (size_t i = 0; i < keys.size(); ++i) {
    const float* row = values.data_ptr<float>() + static_cast<int64_t>(i) * (classes + 1);
    samples.add(keys[i], -1, {row, row + classes + 1});
  }
  return samples;
}

MultiLabelResult evaluate_multi_label(models::Clip& model, const data::source::Dataset& pictures,
                                      const std::vector<std::string>& classnames,
                                      const std::vector<std::string>& templates,
                                      const EvalOptions& options) {
  const auto classes = static_cast<int64_t>(classnames.size());
  const Tensor classifier = zeroshot_classifier(model, classnames, templates, options);
  const ImageFeatures features = embed_images(model, pictures, options);
  std::vector<int64_t> good;
  for (int64_t i = 0; i < pictures.size(); ++i) {
    if (!features.bad.contains(i)) good.push_back(i);
  }
  const auto count = static_cast<int64_t>(good.size());
  Tensor labels = torch::zeros({count, classes});
  for (int64_t row = 0; row < count; ++row) {
    const std::vector<float> vector = pictures.label_vector(good[static_cast<size_t>(row)]);
    CW_CHECK(static_cast<int64_t>(vector.size()) == classes, "a label a class");
    std::copy(vector.begin(), vector.end(), labels.data_ptr<float>() + row * classes);
  }
  const Tensor rows = features.rows.index_select(0, torch::tensor(good, torch::kInt64));
  MultiLabelResult result;
  result.pictures = count;
  result.bad = static_cast<int64_t>(features.bad.size());
  // Summed in double: the order of equal sums does not decide between pictures.
  const torch::NoGradGuard no_grad;
  const Tensor cosines = unit_rows(rows)
                             .to(torch::kCPU, torch::kFloat64)
                             .mm(classifier.to(torch::kCPU, torch::kFloat64).t())
                             .to(torch::kFloat32);
  result.precision = scores::average_precision(cosines, labels);
  result.by_picture = scores::precision_by_picture(cosines, labels);
  for (const int64_t i : good) result.keys.push_back(pictures.key(i));
  return result;
}

}  // namespace clipwright::eval
