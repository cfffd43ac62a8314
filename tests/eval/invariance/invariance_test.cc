#include "eval/invariance/invariance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "lexicon/wordnet_files.h"
#include "models/open_clip_directory.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval::invariance {
namespace {

class Invariance : public testing::Test {
 protected:
  Invariance() {
    models::write_open_clip_directory(*tiny_clip(), folder_.path() / "model");
    make_class_folders(folder_.path() / "classes");
    write_file(folder_ / "names.txt", "sofa\nred car\ngreen pear\n");
    std::string csv = "filepath\ttitle\n";
    for (const auto& [name, caption] :
         {std::pair("2_0.png", "a red dog on a sofa"), std::pair("10_0.png", "two green cats"),
          std::pair("green_pear_0.png", "a small pear on a table")})
      csv += (kGoldenEval / "pictures" / name).string() + "\t" + caption + "\n";
    write_file(folder_ / "pairs.tsv", csv);
  }
  InvarianceRequest request(const std::string& data) const {
    InvarianceRequest request;
    request.model = folder_ / "model";
    request.data.source = folder_ / data;
    return request;
  }
  TemporaryFolder folder_;
};

TEST_F(Invariance, OfCaptionsByAuditedRewrites) {
  InvarianceRequest wanted = request("pairs.tsv");
  // The second says another number and colour: no rewrite of its caption.
  write_file(
      folder_ / "mode.txt",
      "on a sofa there is a red dog\nfive purple elephants\na table with a small pear on it\n");
  wanted.rewrites = {folder_ / "mode.txt"};
  const InvarianceReport report = run_invariance(wanted);
  EXPECT_EQ(report.record.task, "invariance");
  EXPECT_EQ(report.record.model, "custom");
  const Json json = to_json(report);
  EXPECT_EQ(json["pictures"], 3);
  ASSERT_EQ(json["rewordings"].size(), 1U);
  EXPECT_EQ(json["rewordings"][0]["name"], "rewrite:mode");
  EXPECT_EQ(json["rewordings"][0]["texts"], 2);
  EXPECT_TRUE(json["metrics"].contains("image_retrieval_recall@1_reworded"));
  EXPECT_FALSE(json.contains("classes"));
  // Whoever wants all of them says so.
  wanted.keep_if = "";
  EXPECT_EQ(to_json(run_invariance(wanted))["rewordings"][0]["texts"], 3);
}

TEST_F(Invariance, OfEveryCaptionOfAPicture) {
  fs::create_directories(folder_.path() / "several");
  for (const std::string name : {"2_0", "10_0", "green_pear_0"}) {
    fs::copy_file(kGoldenEval / "pictures" / (name + ".png"),
                  folder_.path() / "several" / (name + ".png"));
    write_file(folder_ / ("several/" + name + ".txt"), "a red thing\na blue picture of " + name);
  }
  const Json json = to_json(run_invariance(request("several")));
  int64_t pairs = -1;
  for (const Json& row : json["damages"]) {
    if (row["name"] == "swap-colour") pairs = row["pairs"];
  }
  EXPECT_EQ(pairs, 6);
}

TEST_F(Invariance, OfCaptionsRestyledByRules) {
  const Json json = to_json(run_invariance(request("pairs.tsv")));
  ASSERT_EQ(json["rewordings"].size(), 1U);
  EXPECT_EQ(json["rewordings"][0]["name"], "restyled");
  EXPECT_GT(json["rewordings"][0]["texts"], 0);
  std::vector<std::string> damages;
  for (const Json& row : json["damages"]) damages.push_back(row["name"]);
  for (const char* name : {"swap-colour", "swap-number", "negate", "add-object"})
    EXPECT_NE(std::find(damages.begin(), damages.end(), name), damages.end()) << name;
  EXPECT_EQ(to_json(run_invariance(request("pairs.tsv"))), json);
}

TEST_F(Invariance, OfClassesBySynonymsAndTemplates) {
  InvarianceRequest wanted = request("classes");
  wanted.classnames = folder_ / "names.txt";
  wanted.templates = "plain";
  wanted.reworded_templates = "7";
  write_file(folder_ / "synonyms.txt", "couch\tsettee\nred automobile\n\n");
  wanted.synonyms = folder_ / "synonyms.txt";
  const Json json = to_json(run_invariance(wanted));
  ASSERT_EQ(json["rewordings"].size(), 3U);
  EXPECT_EQ(json["rewordings"][0]["name"], "synonyms 1");
  EXPECT_EQ(json["rewordings"][2]["name"], "templates 7");
  ASSERT_EQ(json["classes"].size(), 3U);
  EXPECT_EQ(json["classes"][0]["synonyms"], (Json{"couch", "settee"}));
  EXPECT_EQ(json["classes"][2]["name"], "green pear");
  EXPECT_TRUE(json["metrics"]["invariance"].is_number());
  wanted.synonyms = "none";
  EXPECT_EQ(to_json(run_invariance(wanted))["rewordings"].size(), 1U);
}

TEST_F(Invariance, OfClassesByWordNet) {
  if (lexicon::missing_wordnet_file(lexicon::default_wordnet_folder())) GTEST_SKIP();
  InvarianceRequest wanted = request("classes");
  wanted.classnames = folder_ / "names.txt";
  const Json json = to_json(run_invariance(wanted));
  EXPECT_EQ(json["classes"][0]["synonyms"], (Json{"couch", "lounge"}));
  std::vector<std::string> damages;
  for (const Json& row : json["damages"]) damages.push_back(row["name"]);
  EXPECT_NE(std::find(damages.begin(), damages.end(), "swap-object"), damages.end());
}

TEST_F(Invariance, CanBeToldWhatToReword) {
  InvarianceRequest wanted = request("classes");
  wanted.by = "captions";
  EXPECT_THROW(run_invariance(wanted), Error);  // class folders have no captions
  wanted = request("pairs.tsv");
  wanted.by = "classes";
  EXPECT_THROW(run_invariance(wanted), Error);
}

TEST_F(Invariance, RefusesSettingsThatDoNotGoTogether) {
  const auto refuses = [](const InvarianceRequest& request) {
    try {
      run_invariance(request);
    } catch (const Error& error) {
      return error.code() == ExitCode::kUsage;
    }
    return false;
  };
  InvarianceRequest wanted = request("pairs.tsv");
  wanted.by = "words";
  EXPECT_TRUE(refuses(wanted));
  wanted = request("classes");
  wanted.by = "classes";
  wanted.rewrites = {"some.txt"};
  EXPECT_TRUE(refuses(wanted));
  wanted = request("pairs.tsv");
  wanted.keep_if = "audit.scor > 1";
  EXPECT_TRUE(refuses(wanted));
  wanted = request("pairs.tsv");
  wanted.options.workers = 0;
  EXPECT_TRUE(refuses(wanted));
}

}  // namespace
}  // namespace clipwright::eval::invariance
