#include "eval/pair_similarity.h"

#include <cmath>
#include <fstream>

#include "audit/corpus/corpus.h"
#include "core/error.h"
#include "core/hash.h"
#include "eval/features.h"
#include "models/open_clip_directory.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval {
namespace {

class PairSimilarityTest : public ::testing::Test {
 protected:
  PairSimilarityTest() : clip_(tiny_clip()) {
    models::write_open_clip_directory(*clip_, folder_ / "model");
    fs::create_directories(folder_ / "pictures");
    std::ofstream table(folder_ / "pairs.tsv");
    table << "filepath\ttitle\n";
    for (const auto& [name, caption] : captions_) {
      fs::copy_file(kGoldenEval / "pictures" / (name + ".png"),
                    fs::path(folder_ / "pictures") / (name + ".png"));
      table << (folder_ / "pictures") << "/" << name << ".png\t" << caption << "\n";
    }
  }

  audit::verdict::AuditedPair pair(const std::string& key, const std::string& source,
                                   const std::string& text) const {
    audit::verdict::AuditedPair audited;
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

  TemporaryFolder folder_;
  std::shared_ptr<models::Clip> clip_;
  std::vector<std::pair<std::string, std::string>> captions_ = {
      {"2_0", "a number"}, {"10_1", "ten of them"}, {"green_pear_2", "a green pear"}};
};

TEST_F(PairSimilarityTest, IsTheCosineOfTheModelsFeatures) {
  const auto tier = clip_similarity({.model = folder_ / "model", .data = folder_ / "pairs.tsv"});
  std::vector<audit::verdict::AuditedPair> pairs = {
      pair(path_of("green_pear_2"), "a green pear", "a pear that is green")};
  tier->score(pairs);
  const Tensor texts = embed_texts(*clip_, {"a green pear", "a pear that is green"});
  data::source::DataOptions options;
  options.source = folder_ / "pairs.tsv";
  const ImageFeatures pictures = embed_images(*clip_, *data::source::open_dataset(options));
  EXPECT_NEAR(pairs[0].scores.similarity, cosine(texts[0], texts[1]), 1e-5);
  EXPECT_NEAR(pairs[0].scores.image_source, cosine(pictures.rows[2], texts[0]), 1e-5);
  EXPECT_NEAR(pairs[0].scores.image_rewrite, cosine(pictures.rows[2], texts[1]), 1e-5);
  EXPECT_TRUE(std::isnan(pairs[0].scores.entails_forward));
}

TEST_F(PairSimilarityTest, FindsThePictureByKeyLineOrHashAndCountsTheRest) {
  const auto tier =
      clip_similarity({.model = folder_ / "model", .data = folder_ / "pairs.tsv", .texts = false});
  std::vector<audit::verdict::AuditedPair> pairs = {
      pair(path_of("10_1"), "ten of them", "ten"),
      pair("1", "ten of them", "ten"),                         // line, from 0
      pair(hex(sha256("ten of them")), "ten of them", "ten"),  // a ledger's key
      pair("2", "ten of them", "ten"),                         // the line's caption disagrees
      pair("2", "another caption", "ten"),
      pair("unknown", "ten of them", "ten"),
      pair("", "", "")};
  tier->score(pairs);
  EXPECT_FALSE(std::isnan(pairs[0].scores.image_source));
  for (const int same : {1, 2})
    EXPECT_EQ(pairs[same].scores.image_source, pairs[0].scores.image_source) << same;
  for (const int none : {3, 4, 5, 6})
    EXPECT_TRUE(std::isnan(pairs[none].scores.image_source)) << none;
  EXPECT_TRUE(std::isnan(pairs[0].scores.similarity)) << "left to another tier";
  EXPECT_NE(tier->describe().find("3 of 7"), std::string::npos) << tier->describe();
}

TEST_F(PairSimilarityTest, APictureThatCannotBeReadHasNoValue) {
  std::ofstream(path_of("10_1"), std::ios::trunc) << "no picture";
  const auto tier = clip_similarity({.model = folder_ / "model", .data = folder_ / "pairs.tsv"});
  std::vector<audit::verdict::AuditedPair> pairs = {pair(path_of("10_1"), "ten of them", "ten"),
                                                    pair(path_of("2_0"), "a number", "number")};
  tier->score(pairs);
  EXPECT_TRUE(std::isnan(pairs[0].scores.image_source));
  EXPECT_FALSE(std::isnan(pairs[0].scores.similarity));
  EXPECT_FALSE(std::isnan(pairs[1].scores.image_source));
}

TEST_F(PairSimilarityTest, AnAuditTellsHowManyPairsHaveAPicture) {
  std::ofstream(folder_ / "captions.txt") << "a number\nten of them\nno such caption\n";
  std::ofstream(folder_ / "m.txt") << "number\nten\nnothing\n";
  const auto tier = clip_similarity({.model = folder_ / "model", .data = folder_ / "pairs.tsv"});
  const auto source = audit::pairs::open_pairs(folder_ / "captions.txt", {folder_ / "m.txt"});
  const audit::corpus::CorpusAudit audit =
      audit::corpus::audit_corpus(audit::verdict::Auditor(fs::path()), *source,
                                  {.output = folder_ / "audit.json", .scorers = {tier.get()}});
  const std::string counts = "2 of 3 pairs have a picture";
  EXPECT_NE(audit::corpus::describe(audit).find(counts), std::string::npos)
      << audit::corpus::describe(audit);
  EXPECT_NE(to_line(read_json(folder_ / "audit.json")["summary"]["tiers"]).find(counts),
            std::string::npos);
  EXPECT_EQ(audit.scores.at("image_source").count, 2);
}

TEST_F(PairSimilarityTest, RefusesAModelWithoutTraining) {
  try {
    clip_similarity({.model = "tiny-32"});
    ADD_FAILURE() << "fresh weights were taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("LOGS/NAME/model"), std::string::npos) << error.what();
  }
}

TEST_F(PairSimilarityTest, ReadsCaptionsForACalibration) {
  const auto captions = captions_of_data(folder_ / "pairs.tsv");
  ASSERT_EQ(captions.size(), 3U);
  EXPECT_EQ(captions[2].text, "a green pear");
  EXPECT_EQ(captions[2].key, path_of("green_pear_2"));
}

}  // namespace
}  // namespace clipwright::eval
