#include "eval/retrieval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/error.h"
#include "eval/paired/metric_samples.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval {
namespace {

RetrievalResult golden_result(const scores::RankTile& tile) {
  return score_retrieval(unit_rows(golden_floats("retrieval_images.npy")),
                         unit_rows(golden_floats("retrieval_captions.npy")),
                         golden_integers("retrieval_owner.npy"), tile);
}

TEST(Retrieval, MetricsEqualClipBenchmarksDigitByDigit) {
  const Json expected = read_json(kGoldenEval / "expected.json")["retrieval"];
  for (const scores::RankTile& tile : {scores::RankTile{1, 1}, {5, 3}, {7, 1024}, {1024, 2048}})
    EXPECT_EQ(golden_result(tile).metrics({1, 5, 10}), expected) << tile.captions;
}

TEST(Retrieval, MetricsComeInClipBenchmarksOrder) {
  const Json metrics = golden_result({}).metrics({5, 1});
  std::vector<std::string> keys;
  for (const auto& [key, value] : metrics.items()) keys.push_back(key);
  EXPECT_EQ(keys,
            (std::vector<std::string>{"image_retrieval_recall@5", "text_retrieval_recall@5",
                                      "image_retrieval_recall@1", "text_retrieval_recall@1"}));
}

TEST(Retrieval, OfEqualScoresTheLowerIndexComesFirst) {
  const Tensor pictures = torch::tensor({{1.0F, 0.0F}, {1.0F, 0.0F}}),
               captions = torch::tensor({{1.0F, 0.0F}, {1.0F, 0.0F}, {0.0F, 1.0F}});
  const RetrievalResult result = score_retrieval(pictures, captions, {0, 1, 1});
  EXPECT_EQ(result.image_rank, (std::vector<int64_t>{0, 1, 1}));
  EXPECT_EQ(result.text_rank, (std::vector<int64_t>{0, 1}));
}

TEST(Retrieval, RowsWithOnePictureAreOnePictureWithSeveralCaptions) {
  TemporaryFolder folder;
  const std::string pictures = (kGoldenEval / "pictures").string() + "/";
  write_file(folder / "set.csv", "filepath,title\n" + pictures + "2_0.png,a red wall\n" + pictures +
                                     "10_0.png,a green wall\n" + pictures + "2_0.png,red\n" +
                                     pictures + "green_pear_0.png,blue\n");
  const auto pairs = data::source::open_dataset(
      {.source = folder / "set.csv", .type = "csv", .csv_separator = ","});
  const auto model = tiny_clip();
  const RetrievalResult result = evaluate_retrieval(*model, *pairs);
  EXPECT_EQ(result.pictures, 3);
  EXPECT_EQ(result.captions, 4);

  const Tensor images = unit_rows(embed_images(*model, *pairs).rows),
               texts =
                   unit_rows(embed_texts(*model, {"a red wall", "a green wall", "red", "blue"}));
  const Tensor scores = texts.mm(images.index_select(0, torch::tensor({0, 1, 3})).t());
  const int64_t owner[] = {0, 1, 0, 2};
  for (int64_t m = 0; m < 4; ++m) {
    const int64_t above = (scores[m] > scores[m][owner[m]]).sum().item<int64_t>();
    // Captions in the order of their rows, so that the third is the red picture's second.
    EXPECT_EQ(result.image_rank[static_cast<size_t>(m)], above) << m;
  }
}

TEST(Retrieval, ABadPictureTakesItsCaptionsWithIt) {
  TemporaryFolder folder;
  for (const char* name : {"2_0", "10_0", "green_pear_0"}) {
    fs::copy_file(kGoldenEval / "pictures" / (std::string(name) + ".png"),
                  folder.path() / (std::string(name) + ".png"));
    write_file(folder.path() / (std::string(name) + ".txt"),
               "one caption\nanother caption of " + std::string(name) + "\n");
  }
  write_file(folder / "10_0.png", "not a picture");
  const auto pairs = data::source::open_dataset({.source = folder.path().string()});
  const RetrievalResult result = evaluate_retrieval(*tiny_clip(), *pairs, {.max_bad_share = 0.5});
  EXPECT_EQ(result.pictures, 2);
  EXPECT_EQ(result.captions, 4);
  EXPECT_EQ(result.bad, 1);
  EXPECT_EQ(result.image_rank.size(), 4U);
  EXPECT_EQ(result.text_rank.size(), 2U);
}

const fs::path kGoldenRetrieval = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/retrieval";

Tensor golden_rows(const char* name) {
  const NpyArray array = read_npy(kGoldenRetrieval / name);
  Tensor tensor = torch::empty(array.shape, torch::kFloat32);
  std::memcpy(tensor.data_ptr(), array.values<float>().data(), array.bytes.size());
  return unit_rows(tensor);
}

TEST(Retrieval, WithOneToSevenCaptionsAPictureAndInFiveFolds) {
  const Json expected = read_json(kGoldenRetrieval / "expected.json");
  const Tensor pictures = golden_rows("pictures.npy"), captions = golden_rows("captions.npy");
  const NpyArray array = read_npy(kGoldenRetrieval / "owner.npy");
  const auto values = array.values<int64_t>();
  const std::vector<int64_t> owner(values.begin(), values.end());
  EXPECT_EQ(score_retrieval(pictures, captions, owner).metrics({1, 5, 10}), expected["all"]);

  std::vector<int> fold;
  for (int n = 0; n < 103; ++n) fold.push_back(n * 5 / 103);
  const RetrievalResult folds = score_retrieval_in_folds(pictures, captions, owner, fold, 5);
  Json metrics = folds.metrics({1, 5, 10});
  EXPECT_EQ(metrics["folds"], 5);
  metrics.erase("folds");
  for (const auto& [key, value] : metrics.items())
    EXPECT_DOUBLE_EQ(value.get<double>(), expected["folds"][key].get<double>()) << key;
  EXPECT_EQ(folds.captions, captions.size(0));
  fold.assign(103, 0);
  EXPECT_THROW(score_retrieval_in_folds(pictures, captions, owner, fold, 2), Error);
}

TEST(Retrieval, SamplesAddUpToTheMetrics) {
  RetrievalResult result = golden_result({});
  for (int64_t n = 0; n < result.pictures; ++n) result.keys.push_back("p" + std::to_string(n));
  const SampleOutcomes samples = result.samples({1, 5});
  ASSERT_EQ(samples.rows(), result.pictures + result.captions);
  EXPECT_EQ(samples.metrics,
            (std::vector<std::string>{"image_retrieval_recall@1", "text_retrieval_recall@1",
                                      "image_retrieval_recall@5", "text_retrieval_recall@5"}));
  EXPECT_EQ(std::set<std::string>(samples.keys.begin(), samples.keys.end()).size(),
            samples.keys.size());
  EXPECT_EQ(samples.keys[0], "picture p0");
  EXPECT_EQ(samples.keys[static_cast<size_t>(result.pictures)], "caption 1 of p0");
  const Json metrics = result.metrics({1, 5});
  for (size_t m = 0; m < 4; ++m) {
    double sum = 0;
    int64_t rows = 0;
    for (size_t i = m; i < samples.values.size(); i += 4) {
      if (std::isnan(samples.values[i])) continue;
      sum += samples.values[i];
      ++rows;
    }
    EXPECT_EQ(rows, m % 2 == 0 ? result.captions : result.pictures);
    EXPECT_NEAR(sum / static_cast<double>(rows), metrics[samples.metrics[m]].get<double>(), 1e-7);
  }
}

TEST(Retrieval, SamplesOfFoldsAddUpToTheMeanOfTheFolds) {
  // Five pictures in two folds, two captions for the first: pooled means are others.
  const Tensor pictures = torch::eye(5),
               captions = torch::eye(5).index_select(0, torch::tensor({0, 1, 1, 3, 2, 4}));
  RetrievalResult result =
      score_retrieval_in_folds(pictures, captions, {0, 0, 1, 2, 3, 4}, {0, 0, 0, 1, 1}, 2);
  for (int n = 0; n < 5; ++n) result.keys.push_back("p" + std::to_string(n));
  const SampleOutcomes samples = result.samples({1});
  const Json metrics = result.metrics({1});
  EXPECT_EQ(samples.classes, (std::vector<int>{0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1}));
  bool pooled_is_another = false;
  for (const char* name :
       {"image_retrieval_recall@1", "text_retrieval_recall@1", "mean_recall@1"}) {
    const auto found = paired::metric_samples(samples, name);
    ASSERT_TRUE(found) << name;
    EXPECT_NEAR(found->mean(), *paired::metric_value(metrics, name), 1e-6) << name;
    EXPECT_TRUE(found->directions) << "folds are no classes";
    double sum = 0;
    for (const float value : found->values) sum += value;
    pooled_is_another |=
        std::abs(sum / static_cast<double>(found->values.size()) - found->mean()) > 1e-3;
  }
  EXPECT_TRUE(pooled_is_another);
}

TEST(Retrieval, APromptIsPartOfEveryCaptionAndFoldsFollowTheFile) {
  TemporaryFolder folder;
  const std::string pictures = (kGoldenEval / "pictures").string();
  std::string text = "image,caption\n", prompted = text;
  for (const char* name : {"2_0", "10_0", "green_pear_0", "2_1"}) {
    for (const std::string caption : {"wall", "picture"}) {
      text += std::string(name) + ".png," + caption + " " + name + "\n";
      prompted += std::string(name) + ".png,a photo of " + caption + " " + name + "\n";
    }
  }
  const auto open = [&](const std::string& name, const std::string& contents) {
    return data::source::open_dataset(
        {.source = folder.write(name, contents), .image_root = pictures});
  };
  const auto plain = open("plain.txt", text), written = open("prompted.txt", prompted);
  const auto model = tiny_clip();
  const RetrievalResult asked = evaluate_retrieval(*model, *plain, {}, {.prompt = "a photo of "}),
                        given = evaluate_retrieval(*model, *written);
  EXPECT_EQ(asked.image_rank, given.image_rank);
  EXPECT_EQ(asked.text_rank, given.text_rank);
  EXPECT_EQ(asked.keys[3], "2_1.png");

  const RetrievalResult folds = evaluate_retrieval(*model, *plain, {}, {.folds = 2});
  EXPECT_EQ(folds.fold, (std::vector<int>{0, 0, 1, 1}));
  for (const int64_t rank : folds.image_rank) EXPECT_LT(rank, 2);
  EXPECT_EQ(folds.image_recall(2), 1);
  for (const int64_t batch : {1, 7}) {
    const RetrievalResult again =
        evaluate_retrieval(*model, *plain, {.batch_size = batch}, {.folds = 2});
    EXPECT_EQ(again.image_rank, folds.image_rank) << batch;
    EXPECT_EQ(again.text_rank, folds.text_rank) << batch;
  }
  EXPECT_THROW(evaluate_retrieval(*model, *plain, {}, {.folds = 5}), Error);
  EXPECT_THROW(evaluate_retrieval(*model, *plain, {}, {.folds = 0}), Error);
}

/// How many of `scores` but those in `own` are above `mark`.
int64_t above(const Tensor& scores, const std::set<int64_t>& own, double mark) {
  int64_t count = 0;
  for (int64_t i = 0; i < scores.size(0); ++i)
    count += own.count(i) == 0 && scores[i].item<double>() > mark;
  return count;
}

TEST(Retrieval, DoesNotDependOnBatchesOrThreadsBeyondRounding) {
  TemporaryFolder folder;
  for (const auto& entry : fs::directory_iterator(kGoldenEval / "pictures")) {
    fs::copy_file(entry.path(), folder.path() / entry.path().filename());
    const std::string name = entry.path().stem().string();
    folder.write(name + ".txt", "a wall of " + name + "\nthe picture " + name + "\n");
  }
  const auto pairs = data::source::open_dataset({.source = folder.path().string()});
  const auto model = tiny_clip();
  std::vector<std::string> captions;
  std::vector<std::set<int64_t>> own(static_cast<size_t>(pairs->size()));
  for (int64_t n = 0; n < pairs->size(); ++n) {
    for (const std::string& text : pairs->captions(n)) {
      own[static_cast<size_t>(n)].insert(static_cast<int64_t>(captions.size()));
      captions.push_back(text);
    }
  }
  const EvalOptions one_by_one{.batch_size = 1, .workers = 1};
  const Tensor texts = unit_rows(embed_texts(*model, captions, one_by_one)).to(torch::kFloat64);
  const Tensor images =
      unit_rows(embed_images(*model, *pairs, one_by_one).rows).to(torch::kFloat64);
  const Tensor scores = texts.mm(images.t());  // (M, N)
  // A matrix product of another size rounds otherwise, and this model's scores are nearly ties:
  // only those nearer to each other than rounding may change places.
  constexpr double kRounding = 2e-6;
  for (const int64_t batch : {int64_t{1}, int64_t{7}, pairs->size(), int64_t{64}}) {
    const RetrievalResult result =
        evaluate_retrieval(*model, *pairs, {.batch_size = batch, .workers = 3});
    ASSERT_EQ(result.captions, 18) << batch;
    for (int64_t m = 0; m < result.captions; ++m) {
      const int64_t answer = result.owner[static_cast<size_t>(m)];
      const double mark = scores[m][answer].item<double>();
      const int64_t rank = result.image_rank[static_cast<size_t>(m)];
      EXPECT_GE(rank, above(scores[m], {answer}, mark + kRounding)) << batch;
      EXPECT_LE(rank, above(scores[m], {answer}, mark - kRounding)) << batch;
    }
    for (int64_t n = 0; n < result.pictures; ++n) {
      const std::set<int64_t>& mine = own[static_cast<size_t>(n)];
      double mark = -2;
      for (const int64_t m : mine) mark = std::max(mark, scores[m][n].item<double>());
      const int64_t rank = result.text_rank[static_cast<size_t>(n)];
      EXPECT_GE(rank, above(scores.select(1, n), mine, mark + kRounding)) << batch;
      EXPECT_LE(rank, above(scores.select(1, n), mine, mark - kRounding)) << batch;
    }
  }
}

TEST(Retrieval, RefusesASetWithoutCaptions) {
  TemporaryFolder folder;
  make_class_folders(folder.path());
  const auto pictures = data::source::open_dataset({.source = folder.path().string()});
  EXPECT_THROW(evaluate_retrieval(*tiny_clip(), *pictures), Error);
}

}  // namespace
}  // namespace clipwright::eval
