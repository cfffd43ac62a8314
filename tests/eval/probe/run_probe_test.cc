#include "eval/probe/run_probe.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "models/open_clip_directory.h"
#include "tests/eval/probe/npy_files.h"
#include "tests/eval/tiny_set.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval::probe {
namespace {

class RunProbe : public ::testing::Test {
 protected:
  ProbeRequest with_files() {
    torch::manual_seed(6);
    const Tensor labels = at::arange(60, torch::kInt64).remainder(3);
    const Tensor rows = torch::randn({60, 5}) + 3 * at::one_hot(labels, 5);
    ProbeRequest request;
    request.splits.train = {save_npy(folder_ / "x.npy", rows.to(torch::kHalf)),
                            save_npy(folder_ / "y.npy", labels.to(torch::kInt32)),
                            {}};
    request.splits.test = request.splits.train;
    return request;
  }
  ProbeRequest with_pictures() {
    models::write_open_clip_directory(*tiny_clip(), folder_ / "model");
    make_class_folders(folder_ / "train");
    make_class_folders(folder_ / "test");
    ProbeRequest request;
    request.splits.model = folder_ / "model";
    request.splits.train.data.source = folder_ / "train";
    request.splits.validation.data.source = folder_ / "train";
    request.splits.test.data.source = folder_ / "test";
    return request;
  }
  std::string refusal(ExitCode code, const ProbeRequest& request) {
    try {
      run_probe(request);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "nothing was refused";
  }
  TemporaryFolder folder_;
};

TEST_F(RunProbe, FilesOfFeaturesGiveAResultInTheSchema) {
  const EvaluationRecord record = run_probe(with_files());
  const Json result = to_json(record);
  EXPECT_EQ(result["task"], "linear_probe");
  EXPECT_EQ(result["dataset"], folder_ / "x.npy");
  EXPECT_GT(result["metrics"]["lp_acc1"].get<double>(), 0.85);
  EXPECT_TRUE(result["metrics"]["lp_acc5"].is_null());
  EXPECT_EQ(record.samples.rows(), 60);
  EXPECT_EQ(result.dump().find("NaN"), std::string::npos);
}

TEST_F(RunProbe, PicturesAreEncodedAsTheProtocolSays) {
  for (const std::string protocol : {"clip", "clip-benchmark"}) {
    ProbeRequest request = with_pictures();
    request.protocol = protocol;
    const EvaluationRecord record = run_probe(request);
    EXPECT_GT(record.metrics["lp_acc1"].get<double>(), 0.6) << protocol;
    EXPECT_EQ(record.model, "custom");
    EXPECT_EQ(record.pretrained, request.splits.model.model);
    EXPECT_EQ(record.samples.keys.front(), "10/0.png");
    request.splits.options.batch_size = 2;
    Json again = run_probe(request).metrics, before = record.metrics;
    // Features differ in their last bits, so the minimum's value does.
    for (Json* metrics : {&again, &before}) metrics->erase("objective");
    EXPECT_EQ(again, before) << "whatever the batch";
  }
  ProbeRequest request = with_pictures();
  request.splits.features = "embedding";
  EXPECT_NO_THROW(run_probe(request));
}

TEST_F(RunProbe, ClassFoldersAreMatchedByName) {
  ProbeRequest request = with_pictures();
  const EvaluationRecord whole = run_probe(request);
  // Without the first folder the others would move up by one number.
  fs::remove_all(folder_.path() / "test" / "10");
  const EvaluationRecord part = run_probe(request);
  EXPECT_EQ(part.samples.rows(), 6);
  EXPECT_EQ(part.samples.classes.front(), 1);
  double expected = 0;
  for (size_t i = 3; i < 9; ++i) expected += whole.samples.values[i * 3];
  EXPECT_NEAR(part.metrics["lp_acc1"].get<double>(), expected / 6, 1e-9);
  // A class that training lacks counts as wrong.
  fs::remove_all(folder_.path() / "train" / "2");
  EXPECT_LE(run_probe(request).metrics["lp_acc1"].get<double>(), 0.5);
}

TEST_F(RunProbe, RefusesRequestsThatDoNotGoTogether) {
  const ProbeRequest files = with_files(), pictures = with_pictures();
  ProbeRequest bad = files;
  bad.splits.train.labels.clear();
  EXPECT_NE(refusal(ExitCode::kUsage, bad).find("--train-labels is missing"), std::string::npos);
  bad = files;
  bad.splits.test = {};
  refusal(ExitCode::kUsage, bad);
  // In the words of what asks.
  EXPECT_NE(refusal(ExitCode::kUsage, bad).find("--test-features"), std::string::npos);
  bad.splits.set = "dtd";
  EXPECT_NE(refusal(ExitCode::kUsage, bad)
                .find("set 'dtd' has no test split; expected test = \"...\" in the suite's file"),
            std::string::npos);
  bad = files;
  bad.splits.model = pictures.splits.model;
  refusal(ExitCode::kUsage, bad);
  bad = files;
  bad.splits.test = pictures.splits.test;
  refusal(ExitCode::kUsage, bad);
  bad = files;
  bad.splits.train.data.source = pictures.splits.train.data.source;
  refusal(ExitCode::kUsage, bad);
  bad = files;
  bad.splits.features = "pooled";
  refusal(ExitCode::kUsage, bad);
  bad = files;
  bad.protocol = "ridge";
  refusal(ExitCode::kUsage, bad);
  bad = files;
  bad.select_by = "luck";
  refusal(ExitCode::kUsage, bad);
  bad = pictures;
  bad.splits.model = models::ModelArgument();
  refusal(ExitCode::kUsage, bad);
  bad = pictures;
  bad.splits.features = "tokens";
  refusal(ExitCode::kUsage, bad);
}

}  // namespace
}  // namespace clipwright::eval::probe
