#include "eval/fewshot/fewshot.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "eval/fewshot/episodic.h"
#include "models/open_clip_directory.h"
#include "tests/eval/fewshot/sets.h"
#include "tests/eval/probe/npy_files.h"
#include "tests/eval/tiny_set.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval::fewshot {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/fewshot";

sets::LabelledSplit golden_split(const std::string& name) {
  return {.features = kGolden / (name + ".npy"), .labels = kGolden / (name + "_labels.npy")};
}

FewshotRequest of_files(const std::string& protocol) {
  FewshotRequest request;
  request.protocol = protocol;
  request.splits.train = golden_split("train");
  request.splits.test = golden_split("test");
  return request;
}

TEST(Fewshot, LgsslTakesSupportFromTrainAndQueriesFromTest) {
  FewshotRequest request = of_files("lgssl");
  request.episodes = 400;
  const EvaluationRecord record = run_fewshot(request);
  EXPECT_EQ(record.task, "fewshot");
  const Json& metrics = record.metrics;
  const FeatureSet train =
                       read_feature_set(request.splits.train.features, request.splits.train.labels),
                   test =
                       read_feature_set(request.splits.test.features, request.splits.test.labels);
  const EpisodicResult expected = evaluate_episodes(train, test, {.episodes = 400});
  EXPECT_EQ(metrics["accuracy"], expected.mean());
  EXPECT_EQ(metrics["interval"], *expected.interval());
  EXPECT_EQ(metrics["std"], *expected.deviation());
  EXPECT_EQ(metrics["ways"], 5);
  EXPECT_EQ(metrics["shots"], 5);
  EXPECT_EQ(metrics["queries"], 6);
  EXPECT_EQ(metrics["classes"], 9);
  EXPECT_EQ(metrics["features"], "files");
  ASSERT_EQ(record.samples.rows(), 400);
  double sum = 0;
  for (const float value : record.samples.values) sum += static_cast<double>(value);
  EXPECT_NEAR(sum / 400, expected.mean(), 1e-6);
}

TEST(Fewshot, LargeLabelsCostNoMoreThanSmallOnes) {
  const TemporaryFolder folder;
  const FewshotRequest small = of_files("lgssl");
  FewshotRequest large = small;
  for (sets::LabelledSplit* split : {&large.splits.train, &large.splits.test}) {
    std::vector<int64_t> labels = read_feature_set(split->features, split->labels).labels;
    for (int64_t& label : labels) label = 16000000 + 100 * label;
    split->labels = save_npy(folder / (std::to_string(labels.size()) + ".npy"),
                             torch::tensor(labels, torch::kInt64));
  }
  for (const std::string protocol : {"lgssl", "ssl-transfer"}) {
    FewshotRequest one = small, other = large;
    one.protocol = other.protocol = protocol;
    one.episodes = other.episodes = 20;
    EXPECT_EQ(run_fewshot(other).metrics, run_fewshot(one).metrics) << protocol;
  }
}

TEST(Fewshot, SslTransferDrawsFromAllSplitsTogether) {
  FewshotRequest request = of_files("ssl-transfer");
  const EvaluationRecord record = run_fewshot(request);
  EXPECT_EQ(record.metrics["episodes"], 600);
  EXPECT_EQ(record.metrics["queries"], 15);
  // Twelve rows a class of one split and eight of the other are enough for 5 + 15 of both alone.
  request.splits.train = {};
  EXPECT_THROW(run_fewshot(request), Error);
  request.queries = 3;
  EXPECT_EQ(run_fewshot(request).metrics["classes"], 9);
}

TEST(Fewshot, CoopGivesATableOfShots) {
  FewshotRequest request;
  request.protocol = "coop";
  request.splits.train = golden_split("coop_train_16");
  request.splits.validation = golden_split("coop_val_16");
  request.splits.test = golden_split("coop_test_16");
  request.shots = {4, 1, 4};
  request.seeds = {1, 2};
  const Json metrics = run_fewshot(request).metrics;
  EXPECT_EQ(metrics["shots"], 4);
  EXPECT_EQ(metrics["accuracy"], metrics["accuracy_4_shot"]);
  EXPECT_EQ(metrics["interval"], metrics["interval_4_shot"]);
  EXPECT_GT(metrics["accuracy_4_shot"], metrics["accuracy_1_shot"]);
  ASSERT_EQ(metrics["runs"].size(), 4U);
  EXPECT_EQ(metrics["runs"][0]["shots"], 1);
  EXPECT_EQ(metrics["runs"][3]["seed"], 2);
  EXPECT_DOUBLE_EQ((metrics["runs"][2]["accuracy"].get<double>() +
                    metrics["runs"][3]["accuracy"].get<double>()) /
                       2,
                   metrics["accuracy"].get<double>());
}

TEST(Fewshot, RefusesInWordsWhatDoesNotGoTogether) {
  const auto message = [](const FewshotRequest& request) {
    try {
      run_fewshot(request);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage) << error.what();
      return std::string(error.what());
    }
    ADD_FAILURE() << "accepted";
    return std::string();
  };
  const auto has = [&](const FewshotRequest& request, const std::string& words) {
    const std::string said = message(request);
    EXPECT_NE(said.find(words), std::string::npos) << said;
  };
  has(of_files("lgsl"), "Did you mean 'lgssl'?");
  FewshotRequest request = of_files("coop");
  request.ways = 5;
  has(request, "--ways was given with --protocol coop");
  request = of_files("lgssl");
  request.shots = {1, 5};
  has(request, "several --shots");
  request = of_files("lgssl");
  request.seeds = {1, 5};
  has(request, "several --seeds");
  request = of_files("lgssl");
  request.splits.validation = golden_split("test");
  has(request, "a validation split was given");
  request = of_files("lgssl");
  request.splits.train = {};
  has(request, "the train split is missing");
  request = of_files("lgssl");
  request.splits.test.labels.clear();
  has(request, "--test-labels is missing");
  request = of_files("lgssl");
  request.splits.model = "model";
  has(request, "--model was given with files");
  request = of_files("lgssl");
  request.splits.train = {};
  request.splits.train.data.source = "pictures";
  has(request, "some splits are files");
  request = of_files("lgssl");
  request.splits.features = "pooled";
  has(request, "--features was given with files");
  request = {};
  request.splits.train.data.source = request.splits.test.data.source = "pictures";
  has(request, "there is no --model");
}

TEST(Fewshot, RefusesATestSplitThatDoesNotFitTheTrainingSplit) {
  const auto refused = [](const FewshotRequest& request) {
    try {
      run_fewshot(request);
    } catch (const Error& error) {
      return error.code() == ExitCode::kInput;
    }
    return false;
  };
  FewshotRequest request = of_files("lgssl");
  request.splits.test = golden_split("coop_test_16");  // of another width
  EXPECT_TRUE(refused(request));
  TemporaryFolder folder;
  const std::vector<float> rows(2 * 13);
  const std::vector<uint8_t> labels = {0, 9};  // training ends at 8
  write_npy(folder.path() / "rows.npy", rows, std::vector<int64_t>{2, 13});
  write_npy(folder.path() / "labels.npy", labels, std::vector<int64_t>{2});
  request.splits.test = {.features = folder / "rows.npy", .labels = folder / "labels.npy"};
  EXPECT_TRUE(refused(request));
}

class FewshotPictures : public testing::Test {
 protected:
  FewshotPictures() {
    models::write_open_clip_directory(*tiny_clip(), folder_.path() / "model");
    make_class_folders(folder_.path() / "train");
    make_class_folders(folder_.path() / "test");
    request_.splits.model = folder_ / "model";
    request_.splits.train.data.source = folder_ / "train";
    request_.splits.test.data.source = folder_ / "test";
    request_.ways = 3;
    request_.shots = {2};
    request_.queries = 3;
    request_.episodes = 40;
  }
  TemporaryFolder folder_;
  FewshotRequest request_;
};

TEST_F(FewshotPictures, EncodesBeforeTheProjectionUnlessToldOtherwise) {
  const EvaluationRecord record = run_fewshot(request_);
  EXPECT_EQ(record.model, "custom");
  EXPECT_EQ(record.dataset, folder_ / "test");
  EXPECT_EQ(record.metrics["features"], "pooled");
  EXPECT_GT(record.metrics["accuracy"], 1 / 3.0);
  request_.splits.options.batch_size = 2;
  EXPECT_EQ(run_fewshot(request_).metrics["accuracy"], record.metrics["accuracy"]);
  request_.splits.features = "embedding";
  EXPECT_EQ(run_fewshot(request_).metrics["features"], "embedding");
}

// Folders number the classes that are there: without the first, every number would be another
// class.
TEST_F(FewshotPictures, MatchesClassesOfOtherFoldersByName) {
  fs::remove_all(folder_.path() / "test/2");
  request_.ways = 2;
  const EvaluationRecord record = run_fewshot(request_);
  EXPECT_EQ(record.metrics["classes"], 2);
  EXPECT_EQ(record.metrics["classes_left_out"], 1);
  EXPECT_GT(record.metrics["accuracy"], 0.5);
}

}  // namespace
}  // namespace clipwright::eval::fewshot
