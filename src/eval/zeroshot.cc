#include "eval/zeroshot.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "eval/scores/balanced_accuracy.h"
#include "eval/scores/calibration.h"
#include "losses/terms/token_similarity.h"
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

/// The probability of the best of `scores` in a softmax of `scale` times them.
float confidence_of(const float* scores, int classes, int best, double scale) {
  double sum = 0;
  for (int c = 0; c < classes; ++c)
    sum += std::exp(scale * (static_cast<double>(scores[c]) - static_cast<double>(scores[best])));
  return static_cast<float>(1 / sum);
}

class Counter {
 public:
  Counter(int64_t classes, double calibration_scale) : classes_(static_cast<int>(classes)) {
    result_.calibration_scale = calibration_scale;
  }

  /// `scores` float32 (n, C) on the CPU.
  void add(const Tensor& scores, std::span<const int> labels) {
    const Tensor rows = scores.contiguous();
    // No comparison with NaN is true: every answer would count as right.
    if (rows.isnan().any().item<bool>()) {
      fail_input("the scores of some rows are not numbers", "finite features",
                 "Features are too large for single precision, or the model's training diverged.");
    }
    for (size_t i = 0; i < labels.size(); ++i) {
      const int label = labels[i];
      CW_CHECK(label >= 0 && label < classes_, "labels within the classes");
      const float* row = rows.data_ptr<float>() + static_cast<int64_t>(i) * classes_;
      const auto [above, best] = place_of(row, classes_, label);
      result_.rank.push_back(above);
      result_.predicted.push_back(best);
      first_ += above == 0;
      among_five_ += above < 5;
      labels_.push_back(label);
      if (result_.calibration_scale > 0) {
        confidence_.push_back(confidence_of(row, classes_, best, result_.calibration_scale));
        right_.push_back(above == 0);
      }
    }
    result_.pictures += static_cast<int64_t>(labels.size());
  }

  ZeroshotResult result() {
    if (result_.pictures == 0) return result_;
    const auto total = static_cast<double>(result_.pictures);
    result_.acc1 = static_cast<double>(first_) / total;
    if (classes_ >= 5) result_.acc5 = static_cast<double>(among_five_) / total;
    result_.mean_per_class_recall = *scores::balanced_accuracy(labels_, result_.predicted);
    result_.ece = scores::expected_calibration_error(confidence_, right_);
    return result_;
  }

 private:
  ZeroshotResult result_;
  int classes_;
  std::vector<int> labels_;
  std::vector<float> confidence_;
  std::vector<uint8_t> right_;
  int64_t first_ = 0, among_five_ = 0;
};

std::vector<std::string> fill_prompts(const std::vector<std::string>& classnames,
                                      const std::vector<std::string>& templates) {
  if (classnames.empty()) fail_usage("there is no class to tell apart", "at least one class name");
  if (templates.empty())
    fail_usage("there is no prompt template", "at least one, such as 'a photo of a {c}.'");
  std::vector<std::string> prompts;
  for (const std::string& name : classnames) {
    for (const std::string& prompt_template : templates)
      prompts.push_back(text::templates::fill_template(prompt_template, name));
  }
  return prompts;
}

/// The words of each class: place by place the mean over its prompts that reach it, of unit length.
losses::terms::RowGroups class_words(models::Clip& model, const losses::FilipHeads& heads,
                                     const std::vector<std::string>& classnames,
                                     const std::vector<std::string>& templates) {
  const models::Evaluating evaluating(model);
  const std::vector<std::string> prompts = fill_prompts(classnames, templates);
  std::vector<Tensor> words;
  std::vector<int32_t> offsets = {0};
  Progress progress("classes", static_cast<int64_t>(classnames.size()));
  for (size_t c = 0; c < classnames.size(); ++c) {
    stop_if_interrupted();
    text::bpe::PackedTexts packed;
    for (size_t t = 0; t < templates.size(); ++t) {
      model.tokenizer().encode(prompts[c * templates.size() + t], packed.ids,
                               model.config().text.context_length);
      packed.offsets.push_back(static_cast<int32_t>(packed.ids.size()));
    }
    const models::TextOutputs outputs =
        model.encode_text(models::to_text_batch(packed),
                          models::TextRequest{.tokens = true, .padding = heads.padding});
    const Tensor rows = heads.text_rows(outputs.tokens);
    const int32_t* at = outputs.offsets.const_data_ptr<int32_t>();
    std::vector<int64_t> place;
    for (size_t t = 0; t < templates.size(); ++t) {
      for (int32_t i = at[t]; i < at[t + 1]; ++i) place.push_back(i - at[t]);
    }
    const int64_t length = 1 + *std::max_element(place.begin(), place.end());
    const Tensor sum =
        torch::zeros({length, rows.size(1)}, rows.options())
            .index_add(0, torch::tensor(place, torch::kInt64).to(rows.device()), rows);
    words.push_back(unit_rows(sum));  // of a mean as of a sum
    offsets.push_back(offsets.back() + static_cast<int32_t>(length));
    progress.update(static_cast<int64_t>(c) + 1);
  }
  progress.finish();
  return losses::terms::all_kept(torch::cat(words), torch::tensor(offsets, torch::kInt32));
}

}  // namespace

Json ZeroshotResult::metrics() const {
  Json metrics = {{"acc1", acc1},
                  {"acc5", acc5 ? Json(*acc5) : Json(nullptr)},
                  {"mean_per_class_recall", mean_per_class_recall}};
  if (calibration_scale > 0) {
    metrics["ece"] = ece ? Json(*ece) : Json(nullptr);
    metrics["ece_scale"] = calibration_scale;
  }
  return metrics;
}

SampleOutcomes zeroshot_outcomes(const ZeroshotResult& result,
                                 const data::source::Dataset& pictures) {
  SampleOutcomes samples;
  samples.metrics = {"acc1"};
  if (result.acc5) samples.metrics.emplace_back("acc5");
  for (int64_t i = 0; i < pictures.size(); ++i) {
    const int rank = result.rank[static_cast<size_t>(i)];
    if (rank < 0) continue;
    std::vector<float> values = {rank == 0 ? 1.0F : 0.0F};
    if (result.acc5) values.push_back(rank < 5 ? 1.0F : 0.0F);
    samples.add(pictures.key(i), pictures.label(i), values);
  }
  return samples;
}

Tensor zeroshot_classifier(models::Clip& model, const std::vector<std::string>& classnames,
                           const std::vector<std::string>& templates, const EvalOptions& options) {
  return average_prompts(embed_texts(model, fill_prompts(classnames, templates), options),
                         static_cast<int64_t>(classnames.size()));
}

Tensor average_prompts(const Tensor& prompts, int64_t classes) {
  CW_CHECK(prompts.dim() == 2 && classes > 0 && prompts.size(0) % classes == 0,
           "prompt features (C * T, E)");
  return unit_rows(
      unit_rows(prompts).view({classes, prompts.size(0) / classes, prompts.size(1)}).mean(1));
}

ImageFeatures token_scores(models::Clip& model, const losses::FilipHeads& heads,
                           const data::source::Dataset& pictures,
                           const std::vector<std::string>& classnames,
                           const std::vector<std::string>& templates, const EvalOptions& options) {
  const losses::terms::RowGroups words = class_words(model, heads, classnames, templates);
  return encode_pictures(
      model, pictures, static_cast<int64_t>(classnames.size()),
      [&](const Tensor& pixels) {
        const Tensor rows = heads.image_rows(
            model.encode_image(pixels, models::ImageRequest{.patches = true}).patches);
        const auto patches = static_cast<int32_t>(rows.size(1));
        const Tensor offsets =
            torch::arange(0, (rows.size(0) + 1) * patches, patches, torch::kInt32);
        return losses::terms::similarity_over_rows(
            losses::terms::all_kept(rows.flatten(0, 1), offsets), words);
      },
      options);
}

ZeroshotResult score_zeroshot(const Tensor& features, const Tensor& classifier,
                              const std::vector<int>& labels, double calibration_scale) {
  CW_CHECK(features.dim() == 2 && classifier.dim() == 2 && features.size(1) == classifier.size(1),
           "features (N, E) and a classifier (C, E)");
  CW_CHECK(static_cast<int64_t>(labels.size()) == features.size(0), "a label a picture");
  const torch::NoGradGuard no_grad;
  const Tensor columns = classifier.to(torch::kCPU, torch::kFloat64).t();
  Counter counter(classifier.size(0), calibration_scale);
  for (int64_t start = 0; start < features.size(0); start += kRowsAtOnce) {
    const int64_t rows = std::min(kRowsAtOnce, features.size(0) - start);
    // Summed in double and compared in float: classes with equal prompts get equal scores whatever
    // the order of the sum.
    counter.add(features.narrow(0, start, rows)
                    .to(torch::kCPU, torch::kFloat64)
                    .mm(columns)
                    .to(torch::kFloat32),
                std::span(labels).subspan(static_cast<size_t>(start), static_cast<size_t>(rows)));
  }
  return counter.result();
}

ZeroshotResult count_zeroshot(const Tensor& scores, const std::vector<int>& labels,
                              double calibration_scale) {
  CW_CHECK(scores.dim() == 2 && static_cast<int64_t>(labels.size()) == scores.size(0),
           "a row of scores and a label a picture");
  Counter counter(scores.size(1), calibration_scale);
  counter.add(scores.to(torch::kCPU, torch::kFloat32), labels);
  return counter.result();
}

ZeroshotResult evaluate_zeroshot(models::Clip& model, const data::source::Dataset& pictures,
                                 const std::vector<std::string>& classnames,
                                 const std::vector<std::string>& templates,
                                 const EvalOptions& options, const losses::FilipHeads* heads,
                                 double calibration_scale) {
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
  Tensor classifier;
  if (heads == nullptr) classifier = zeroshot_classifier(model, classnames, templates, options);
  const ImageFeatures features =
      heads == nullptr ? embed_images(model, pictures, options)
                       : token_scores(model, *heads, pictures, classnames, templates, options);
  std::vector<int64_t> good;
  std::vector<int> good_labels;
  for (int64_t i = 0; i < pictures.size(); ++i) {
    if (features.bad.contains(i)) continue;
    good.push_back(i);
    good_labels.push_back(labels[static_cast<size_t>(i)]);
  }
  const Tensor rows = features.rows.index_select(0, torch::tensor(good, torch::kInt64));
  ZeroshotResult result =
      heads == nullptr ? score_zeroshot(unit_rows(rows), classifier, good_labels, calibration_scale)
                       : count_zeroshot(rows, good_labels, calibration_scale);
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
