#include "eval/multi_label.h"

#include <gtest/gtest.h>

#include "data/files/tar.h"
#include "eval/evaluate.h"
#include "eval/paired/compare_paths.h"
#include "eval/paired/tables.h"
#include "models/open_clip_directory.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval {
namespace {

/// Two models, and CLIP_benchmark's folder of nine pictures with up to three labels each.
class MultiLabel : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto& [name, seed] : {std::pair("one", 5), std::pair("two", 6)}) {
      models::Clip model(tiny_config(), static_cast<uint64_t>(seed));
      torch::NoGradGuard no_grad;
      for (auto [key, tensor] : model.table().file_tensors()) {
        if (tensor.dim() >= 2) tensor.mul_(3);
      }
      models::write_open_clip_directory(model, folder_.path() / name);
    }
    fs::create_directories(folder_.path() / "voc/test");
    data::files::TarWriter tar(folder_.path() / "voc/test/0.tar");
    int picture = 0;
    for (const std::string colour : {"2", "10", "green_pear"}) {
      for (int number = 0; number < 3; ++number, ++picture) {
        const std::string key = "s" + std::to_string(picture);
        // The third class has no picture.
        tar.add(key + ".npy", labels({picture % 2 == 0, colour == "10" || number == 0, false}));
        tar.add(key + ".png", read_file(kGoldenEval / "pictures" /
                                        (colour + "_" + std::to_string(number) + ".png")));
      }
    }
    tar.finish();
    folder_.write("voc/test/nshards.txt", "1\n");
    folder_.write("voc/dataset_type.txt", "multilabel\n");
    folder_.write("voc/classnames.txt", "even\nten\nnobody\n");
    folder_.write("voc/zeroshot_classification_templates.txt", "a photo of {c}.\n");
  }

  /// The bytes of a .npy file, as NumPy writes float32 (C).
  static std::string labels(const std::vector<bool>& has) {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                         std::to_string(has.size()) + ",), }";
    header.resize(117, ' ');
    header += '\n';
    std::string bytes("\x93NUMPY\x01\x00\x76\x00", 10);
    bytes += header;
    for (const bool one : has) {
      const float value = one ? 1 : 0;
      bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    return bytes;
  }

  EvaluationRecord evaluate(const std::string& model) const {
    EvaluationRequest request;
    request.model = folder_ / model;
    request.data.source = folder_ / "voc";
    EvaluationRecord record = run_zeroshot(request);
    write_result(folder_.path() / (model + ".json"), record);
    return record;
  }

  TemporaryFolder folder_;
};

TEST_F(MultiLabel, EveryPictureHasARowWhoseMeanIsTheMetric) {
  const EvaluationRecord record = evaluate("one");
  const SampleOutcomes& samples = record.samples;
  EXPECT_EQ(samples.metrics,
            (std::vector<std::string>{"mean_average_precision", "average_precision_0",
                                      "average_precision_1", "average_precision_2"}));
  EXPECT_EQ(record.classnames, (std::vector<std::string>{"even", "ten", "nobody"}));
  ASSERT_EQ(samples.rows(), 9);
  double sums[4] = {};
  for (size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(samples.classes[i], -1);
    for (size_t m = 0; m < 4; ++m) sums[m] += static_cast<double>(samples.values[4 * i + m]) / 9;
  }
  EXPECT_NEAR(sums[0], record.metrics["mean_average_precision"].get<double>(), 1e-6);
  EXPECT_NEAR(sums[0], (sums[1] + sums[2] + sums[3]) / 3, 1e-6);
  EXPECT_EQ(sums[3], 0) << "a class without pictures counts as 0, as in CLIP_benchmark";
}

TEST_F(MultiLabel, TwoModelsArePairedPictureByPictureAndClassByClass) {
  const EvaluationRecord one = evaluate("one"), two = evaluate("two");
  const paired::Comparison comparison = paired::compare_paths(
      {.paths = {folder_ / "one.json", folder_ / "two.json"}, .options = {.per_class = true}});
  ASSERT_EQ(comparison.metrics.size(), 1U);
  const paired::ComparedMetric& row = comparison.metrics[0];
  EXPECT_EQ(row.metric, "mean_average_precision");
  EXPECT_EQ(row.samples, 9);
  ASSERT_TRUE(row.differences[1]);
  EXPECT_NEAR(row.differences[1]->difference,
              two.metrics["mean_average_precision"].get<double>() -
                  one.metrics["mean_average_precision"].get<double>(),
              1e-6);
  EXPECT_LT(row.differences[1]->low, row.differences[1]->high);
  ASSERT_EQ(row.classes.size(), 3U);
  double mean = 0;
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(row.classes[c].name, one.classnames[c]);
    EXPECT_EQ(row.classes[c].samples, 9);
    mean += row.classes[c].differences[1]->difference / 3;
  }
  EXPECT_NEAR(mean, row.differences[1]->difference, 1e-6);
  EXPECT_NE(paired::to_markdown(comparison).find("voc: average precision of each class"),
            std::string::npos);
}

}  // namespace
}  // namespace clipwright::eval
