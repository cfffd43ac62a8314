#include "rewrite/prompt/example_pack.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "core/error.h"
#include "rewrite/engine/reply.h"
#include "rewrite/prompt/example_rows.h"

namespace clipwright::rewrite::prompt {
namespace {

namespace fs = std::filesystem;

ExamplePack shipped(const std::string& mode) {
  return ExamplePack::read(fs::path(CLIPWRIGHT_SOURCE_DIR) / "data/examples" / (mode + ".tsv"),
                           mode);
}

class PackFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clipwright-pack-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  /// Sixteen good rows, with row 5 replaced.
  fs::path write(const std::string& fifth, int rows = 16) {
    std::ofstream file(folder_ / "own.tsv");
    file << "# a comment\n\n";
    for (int i = 1; i <= rows; ++i) {
      if (i == 5) {
        file << fifth << "\n";
      } else {
        file << "source number " << i << "\ttarget that has number " << i << "\r\n";
      }
    }
    return folder_ / "own.tsv";
  }
  std::string complaint(const std::string& fifth, int rows = 16) {
    try {
      ExamplePack::read(write(fifth, rows), "own");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      return error.what();
    }
    return {};
  }
  fs::path folder_;
};

TEST(ShippedPacks, HaveThePapersShape) {
  // laclip.md 1.2: mean words of sources and targets.
  const std::map<std::string, std::pair<double, double>> means = {
      {"chatgpt", {8.6, 16.8}}, {"bard", {9.4, 18.4}}, {"human", {10.8, 13.9}}};
  for (const std::string& mode : ExamplePack::shipped_modes()) {
    const ExamplePack pack = shipped(mode);
    EXPECT_EQ(pack.grouped(), mode == "coco");
    EXPECT_EQ(pack.rows().size(), mode == "coco" ? 18u : 16u);
    std::set<std::string> texts;
    std::array<double, 2> words{};
    for (const auto& row : pack.rows()) {
      EXPECT_EQ(row.size(), mode == "coco" ? 5u : 2u);
      for (size_t column = 0; column < row.size(); ++column) {
        EXPECT_TRUE(texts.insert(row[column]).second) << row[column];
        EXPECT_LE(count_words(row[column]), 30u);
        words[column % 2] +=
            static_cast<double>(count_words(row[column])) / static_cast<double>(pack.rows().size());
      }
    }
    if (mode == "coco") continue;
    EXPECT_NEAR(words[0], means.at(mode).first, 1.5) << mode;
    EXPECT_NEAR(words[1], means.at(mode).second, 1.5) << mode;
  }
}

TEST(ShippedPacks, ShareNoTextWithEachOther) {
  std::set<std::string> texts;
  for (const std::string& mode : ExamplePack::shipped_modes()) {
    for (const std::string& text : shipped(mode).texts())
      EXPECT_TRUE(texts.insert(text).second) << text;
  }
}

TEST(ShippedPacks, KeepTheirDigests) {
  // They stand in the key of every ledger there is.
  EXPECT_EQ(shipped("chatgpt").digest(),
            "e222bcb5288a070edf46412103c13bff10a52cff47ede6493d84417ba00f5704");
  EXPECT_EQ(shipped("human").digest(),
            "d1a0f6a997cf7675ad21e4cef703a1f4aec2751c33505bd35d859bda6596c000");
  EXPECT_EQ(shipped("bard").digest(),
            "3e4f1ae2481d2cb484d0dae1870559c0333f4f75804de2ebfc8c00a5cc344df8");
  EXPECT_EQ(shipped("coco").digest(),
            "884e3f2acf87ef6a18939acdcda53005bb9dba23b9026ec7eef0fa7232332901");
}

TEST(ShippedPacks, UnknownModeNamesTheNearest) {
  try {
    ExamplePack::shipped("chatgtp");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("'chatgpt'"), std::string::npos);
  }
}

TEST_F(PackFile, GoodPackIsReadWithCommentsAndCrLf) {
  const ExamplePack pack = ExamplePack::read(write("one more\tand its target"), "own");
  EXPECT_EQ(pack.rows().size(), 16u);
  EXPECT_EQ(pack.rows()[4][1], "and its target");
  EXPECT_EQ(pack.rows()[0][1], "target that has number 1");
}

TEST_F(PackFile, BadPacksAreRefusedWithTheLine) {
  EXPECT_NE(complaint("no tab here").find("line 7: has one column"), std::string::npos);
  EXPECT_NE(complaint("a => b\tc d").find("arrow"), std::string::npos);
  EXPECT_NE(complaint("\tsomething here").find("line 7: an empty text"), std::string::npos);
  EXPECT_NE(complaint("source number 3\tnew target").find("line 5"), std::string::npos);
  EXPECT_NE(complaint("two  spaces\tnew target").find("single spaces"), std::string::npos);
  EXPECT_NE(complaint("bad \xff byte\tnew target").find("UTF-8"), std::string::npos);
  EXPECT_NE(complaint("a b\tc d\te f").find("has 3 columns"), std::string::npos);
  std::string wordy = "w";
  for (int i = 0; i < 40; ++i) wordy += " w";
  EXPECT_NE(complaint("fine\t" + wordy).find("41 words"), std::string::npos);
  EXPECT_NE(complaint("A red car.\ta Red car").find("line 7: 'a Red car' repeats 'A red car.'"),
            std::string::npos);
  EXPECT_NE(complaint("one more\tand its target", 15).find("15 examples"), std::string::npos);
}

TEST_F(PackFile, EveryFindingIsToldWithItsLine) {
  std::ofstream(folder_ / "bad.tsv", std::ios::binary)
      << "# made by hand\nno tab\na => b\tc d\n\na b\tc d\nc d\te f\ng h\ti  j\n";
  const ExampleRows file = read_example_rows(folder_ / "bad.tsv");
  std::vector<size_t> lines;
  for (const ExampleFinding& finding : file.findings) lines.push_back(finding.line);
  EXPECT_EQ(lines, (std::vector<size_t>{2, 3, 6, 7, 0}));
  EXPECT_EQ(file.findings[2].sentence(),
            "line 6: 'c d' stands already in line 5; expected every text once.");
  EXPECT_NE(file.findings.back().sentence().find("holds 1 good examples"), std::string::npos);
  EXPECT_EQ(file.rows.size(), 1u);
  EXPECT_EQ(file.comments, std::vector<std::string>{" made by hand"});
}

TEST(Examples, AModeWithoutExamplesHasNone) {
  const ExamplePack pack = ExamplePack::none("eda");
  EXPECT_EQ(pack.mode(), "eda");
  EXPECT_TRUE(pack.texts().empty());
  EXPECT_FALSE(pack.grouped());
  EXPECT_EQ(pack.examples(pack.example_key(1, "a dog", 32)), ExampleTriple{});
}

TEST_F(PackFile, DigestIsOfTheRowsNotTheComments) {
  const std::string before = ExamplePack::read(write("one more\tand its target"), "own").digest();
  std::ofstream(folder_ / "own.tsv", std::ios::app) << "# another comment\n";
  EXPECT_EQ(ExamplePack::read(folder_ / "own.tsv", "own").digest(), before);
  EXPECT_NE(ExamplePack::read(write("one more\tand its goal"), "own").digest(), before);
}

TEST(Examples, AreDrawnWithoutReplacementAndKeyed) {
  const ExamplePack pack = shipped("chatgpt");
  std::map<std::string, int> first;
  for (int i = 0; i < 3200; ++i) {
    const std::string source = "caption " + std::to_string(i);
    const uint64_t key = pack.example_key(1, source, 0);
    EXPECT_EQ(key, pack.example_key(1, source, 0));
    const ExampleTriple triple = pack.examples(key);
    EXPECT_NE(triple[0], triple[1]);
    EXPECT_NE(triple[0], triple[2]);
    EXPECT_NE(triple[1], triple[2]);
    ++first[triple[0].source];
  }
  EXPECT_EQ(first.size(), 16u);
  for (const auto& [source, count] : first)
    EXPECT_NEAR(count, 200, 70) << source;  // 5 standard deviations
  EXPECT_NE(pack.example_key(1, "caption 0", 0), pack.example_key(2, "caption 0", 0));
}

TEST(Examples, CocoPairsTwoCaptionsOfOnePicture) {
  const ExamplePack pack = shipped("coco");
  std::set<std::pair<std::string, std::string>> seen;
  for (int i = 0; i < 6000; ++i) {
    const ExampleTriple triple = pack.examples(pack.example_key(0, std::to_string(i), 0));
    std::set<size_t> pictures;
    for (const ExamplePair& pair : triple) {
      EXPECT_NE(pair.source, pair.target);
      const auto picture =
          std::find_if(pack.rows().begin(), pack.rows().end(), [&](const auto& row) {
            return std::count(row.begin(), row.end(), pair.source) == 1 &&
                   std::count(row.begin(), row.end(), pair.target) == 1;
          });
      ASSERT_NE(picture, pack.rows().end());
      pictures.insert(static_cast<size_t>(picture - pack.rows().begin()));
      seen.emplace(pair.source, pair.target);
    }
    EXPECT_EQ(pictures.size(), 3u);
  }
  EXPECT_EQ(seen.size(), 18u * 5 * 4);  // every ordered pair of captions comes up
}

TEST(Examples, TriplesLimitHowManyPromptsThereAre) {
  const ExamplePack pack = shipped("human");
  std::set<uint64_t> limited, all;
  for (int i = 0; i < 2000; ++i) {
    limited.insert(pack.example_key(5, std::to_string(i), 12));
    all.insert(pack.example_key(5, std::to_string(i), 0));
  }
  EXPECT_LE(limited.size(), 12u);
  EXPECT_GE(limited.size(), 11u);
  EXPECT_GT(all.size(), 1300u);  // of 3,360 ordered triples
}

}  // namespace
}  // namespace clipwright::rewrite::prompt
