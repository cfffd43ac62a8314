#include "eval/retrieval.h"

#include <gtest/gtest.h>

#include "core/error.h"
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

TEST(Retrieval, RefusesASetWithoutCaptions) {
  TemporaryFolder folder;
  make_class_folders(folder.path());
  const auto pictures = data::source::open_dataset({.source = folder.path().string()});
  EXPECT_THROW(evaluate_retrieval(*tiny_clip(), *pictures), Error);
}

}  // namespace
}  // namespace clipwright::eval
