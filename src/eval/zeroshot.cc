#include "eval/zeroshot.h"

#include <algorithm>

#include "core/error.h"
#include "text/templates/templates.h"

namespace clipwright::eval {
namespace {

constexpr int64_t kRowsAtOnce = 4096;

/// Classes that come before `label` when scores are sorted, equal ones by index; and the class that
/// comes first.
std::pair<int, int> place_of(const float* scores, int classes, int label) {
  int above = 0, best = 0;
  for (int c = 0; c < classes; ++c) {
    if (scores[c] > scores[label] || (scores[c] == scores[label] && c < label)) ++above;
    if (scores[c] > scores[best]) best = c;
  }
  return {above, best};
}

}  // namespace

Json ZeroshotResult::metrics() const {
  return {{"acc1", acc1},
          {"acc5", acc5 ? Json(*acc5) : Json(nullptr)},
          {"mean_per_class_recall", mean_per_class_recall}};
}

Tensor zeroshot_classifier(models::Clip& model, const std::vector<std::string>& classnames,
                           const std::vector<std::string>& templates, const EvalOptions& options) {
  if (classnames.empty()) fail_usage("there is no class to tell apart", "at least one class name");
  if (templates.empty())
    fail_usage("there is no prompt template", "at least one, such as 'a photo of a {c}.'");
  std::vector<std::string> prompts;
  for (const std::string& name : classnames) {
    for (const std::string& prompt_template : templates)
      prompts.push_back(text::templates::fill_template(prompt_template, name));
  }
  return average_prompts(embed_texts(model, prompts, options),
                         static_cast<int64_t>(classnames.size()));
}

Tensor average_prompts(const Tensor& prompts, int64_t classes) {
  CW_CHECK(prompts.dim() == 2 && classes > 0 && prompts.size(0) % classes == 0,
           "prompt features (C * T, E)");
  return unit_rows(
      unit_rows(prompts).view({classes, prompts.size(0) / classes, prompts.size(1)}).mean(1));
}

ZeroshotResult score_zeroshot(const Tensor& features, const Tensor& classifier,
                              const std::vector<int>& labels) {
  CW_CHECK(features.dim() == 2 && classifier.dim() == 2 && features.size(1) == classifier.size(1),
           "features (N, E) and a classifier (C, E)");
  CW_CHECK(static_cast<int64_t>(labels.size()) == features.size(0), "a label a picture");
  const torch::NoGradGuard no_grad;
  const int classes = static_cast<int>(classifier.size(0));
  const Tensor columns = classifier.to(torch::kCPU, torch::kFloat64).t();
  ZeroshotResult result;
  result.pictures = features.size(0);
  std::vector<int64_t> of_class(static_cast<size_t>(classes)), hits(static_cast<size_t>(classes));
  int64_t first = 0, among_five = 0;
  for (int64_t start = 0; start < result.pictures; start += kRowsAtOnce) {
    const int64_t rows = std::min(kRowsAtOnce, result.pictures - start);
    // Summed in double and compared in float: classes with equal prompts get equal scores whatever
    // the order of the sum.
    const Tensor scores = features.narrow(0, start, rows)
                              .to(torch::kCPU, torch::kFloat64)
                              .mm(columns)
                              .to(torch::kFloat32)
                              .contiguous();
    for (int64_t i = 0; i < rows; ++i) {
      const int label = labels[static_cast<size_t>(start + i)];
      CW_CHECK(label >= 0 && label < classes, "labels within the classes");
      const auto [above, best] = place_of(scores.data_ptr<float>() + i * classes, classes, label);
      result.rank.push_back(above);
      result.predicted.push_back(best);
      first += above == 0;
      among_five += above < 5;
      ++of_class[static_cast<size_t>(label)];
      hits[static_cast<size_t>(label)] += above == 0;
    }
  }
  if (result.pictures == 0) return result;
  const auto total = static_cast<double>(result.pictures);
  result.acc1 = static_cast<double>(first) / total;
  if (classes >= 5) result.acc5 = static_cast<double>(among_five) / total;
  double sum = 0;
  int present = 0;
  for (size_t c = 0; c < of_class.size(); ++c) {
    if (of_class[c] == 0) continue;
    sum += static_cast<double>(hits[c]) / static_cast<double>(of_class[c]);
    ++present;
  }
  result.mean_per_class_recall = sum / present;
  return result;
}

ZeroshotResult evaluate_zeroshot(models::Clip& model, const data::source::Dataset& pictures,
                                 const std::vector<std::string>& classnames,
                                 const std::vector<std::string>& templates,
                                 const EvalOptions& options) {
  std::vector<int> labels;
  for (int64_t i = 0; i < pictures.size(); ++i) {
    const int label = pictures.label(i);
    if (label < 0 || label >= static_cast<int>(classnames.size())) {
      fail_input(pictures.key(i) +
                     (label < 0 ? ": has no class label" : ": has label " + std::to_string(label)),
                 "labels from 0 to " + std::to_string(static_cast<int>(classnames.size()) - 1) +
                     ", one for each class name");
    }
    labels.push_back(label);
  }
  const Tensor classifier = zeroshot_classifier(model, classnames, templates, options);
  const ImageFeatures features = embed_images(model, pictures, options);
  std::vector<int64_t> good;
  std::vector<int> good_labels;
  for (int64_t i = 0; i < pictures.size(); ++i) {
    if (features.bad.contains(i)) continue;
    good.push_back(i);
    good_labels.push_back(labels[static_cast<size_t>(i)]);
  }
  ZeroshotResult result =
      score_zeroshot(unit_rows(features.rows.index_select(0, torch::tensor(good, torch::kInt64))),
                     classifier, good_labels);
  result.bad = static_cast<int64_t>(features.bad.size());
  std::vector<int> predicted(labels.size(), -1), rank(labels.size(), -1);
  for (size_t i = 0; i < good.size(); ++i) {
    predicted[static_cast<size_t>(good[i])] = result.predicted[i];
    rank[static_cast<size_t>(good[i])] = result.rank[i];
  }
  result.predicted = std::move(predicted);
  result.rank = std::move(rank);
  return result;
}

}  // namespace clipwright::eval
