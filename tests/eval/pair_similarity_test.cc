#include "eval/pair_similarity.h"

#include <cmath>
#include <fstream>

#include "core/error.h"
#include "core/hash.h"
#include "eval/features.h"
#include "models/open_clip_directory.h"
#include "tests/eval/tiny_set.h"

namespace clipwright {
namespace {

class PairSimilarityTest : public ::testing::Test {
 protected:
  PairSimilarityTest() : clip_(tiny_clip()) {
    write_open_clip_directory(*clip_, folder_ / "model");
    fs::create_directories(folder_ / "pictures");
    std::ofstream table(folder_ / "pairs.tsv");
    table << "filepath\ttitle\n";
    for (const auto& [name, caption] : captions_) {
      fs::copy_file(kGoldenEval / "pictures" / (name + ".png"),
                    fs::path(folder_ / "pictures") / (name + ".png"));
      table << (folder_ / "pictures") << "/" << name << ".png\t" << caption << "\n";
    }
  }

  AuditedPair pair(const std::string& key, const std::string& source,
                   const std::string& text) const {
    AuditedPair audited;
    audited.pair = {.key = key, .mode = "m", .source = source, .text = text};
    return audited;
  }
  std::string path_of(const std::string& name) const {
    return (folder_ / "pictures") + "/" + name + ".png";
  }
  /// Cosine of two rows.
  static double cosine(const Tensor& a, const Tensor& b) {
    return unit_rows(a).flatten().dot(unit_rows(b).flatten()).item<double>();
  }

  TempFolder folder_;
  std::shared_ptr<Clip> clip_;
  std::vector<std::pair<std::string, std::string>> captions_ = {
      {"2_0", "a number"}, {"10_1", "ten of them"}, {"green_pear_2", "a green pear"}};
};

TEST_F(PairSimilarityTest, IsTheCosineOfTheModelsFeatures) {
  const auto tier = clip_similarity({.model = folder_ / "model", .data = folder_ / "pairs.tsv"});
  std::vector<AuditedPair> pairs = {
      pair(path_of("green_pear_2"), "a green pear", "a pear that is green")};
  tier->score(pairs);
  const Tensor texts = embed_texts(*clip_, {"a green pear", "a pear that is green"});
  DataOptions options;
  options.source = folder_ / "pairs.tsv";
  const ImageFeatures pictures = embed_images(*clip_, *open_dataset(options));
  EXPECT_NEAR(pairs[0].scores.similarity, cosine(texts[0], texts[1]), 1e-5);
  EXPECT_NEAR(pairs[0].scores.image_source, cosine(pictures.rows[2], texts[0]), 1e-5);
  EXPECT_NEAR(pairs[0].scores.image_rewrite, cosine(pictures.rows[2], texts[1]), 1e-5);
  EXPECT_TRUE(std::isnan(pairs[0].scores.entails_forward));
}

TEST_F(PairSimilarityTest, FindsThePictureByKeyLineOrHashAndCountsTheRest) {
  const auto tier =
      clip_similarity({.model = folder_ / "model", .data = folder_ / "pairs.tsv", .texts = false});
  std::vector<AuditedPair> pairs = {
      pair(path_of("10_1"), "ten of them", "ten"),
      pair("2", "ten of them", "ten"),                         // line from 1
      pair("1", "ten of them", "ten"),                         // line from 0
      pair(hex(sha256("ten of them")), "ten of them", "ten"),  // a ledger's key
      pair("2", "another caption", "ten"),                     // the line's caption disagrees
      pair("unknown", "ten of them", "ten"),
      pair("", "", "")};
  tier->score(pairs);
  EXPECT_FALSE(std::isnan(pairs[0].scores.image_source));
  for (const int same : {1, 2, 3})
    EXPECT_EQ(pairs[same].scores.image_source, pairs[0].scores.image_source) << same;
  for (const int none : {4, 5, 6}) EXPECT_TRUE(std::isnan(pairs[none].scores.image_source)) << none;
  EXPECT_TRUE(std::isnan(pairs[0].scores.similarity)) << "left to another tier";
  EXPECT_NE(tier->describe().find("4 of 7"), std::string::npos) << tier->describe();
}

TEST_F(PairSimilarityTest, APictureThatCannotBeReadHasNoValue) {
  std::ofstream(path_of("10_1"), std::ios::trunc) << "no picture";
  const auto tier = clip_similarity({.model = folder_ / "model", .data = folder_ / "pairs.tsv"});
  std::vector<AuditedPair> pairs = {pair(path_of("10_1"), "ten of them", "ten"),
                                    pair(path_of("2_0"), "a number", "number")};
  tier->score(pairs);
  EXPECT_TRUE(std::isnan(pairs[0].scores.image_source));
  EXPECT_FALSE(std::isnan(pairs[0].scores.similarity));
  EXPECT_FALSE(std::isnan(pairs[1].scores.image_source));
}

TEST_F(PairSimilarityTest, ReadsCaptionsForACalibration) {
  const auto captions = captions_of_data(folder_ / "pairs.tsv");
  ASSERT_EQ(captions.size(), 3U);
  EXPECT_EQ(captions[2].text, "a green pear");
  EXPECT_EQ(captions[2].key, path_of("green_pear_2"));
}

}  // namespace
}  // namespace clipwright
