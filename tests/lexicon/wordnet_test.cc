#include "lexicon/wordnet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "lexicon/wordnet_files.h"
#include "lexicon/words.h"
#include "tests/temporary_folder.h"

namespace clipwright::lexicon {
namespace {

TEST(WordNet, ReadsSensesFormsAndCompounds) {
  const WordNet wordnet(default_wordnet_folder());
  if (wordnet.empty()) GTEST_SKIP() << "wordnet-base is not installed";
  EXPECT_EQ(wordnet.word_count(), 147306U);  // distinct lemmas of WordNet 3.0's four index files
  EXPECT_EQ(wordnet.sense_count(),
            117659U);  // its synsets, as its own statistics page (wnstats) gives them
  const uint32_t car = wordnet.find(word_hash("car")),
                 automobile = wordnet.find(word_hash("automobile"));
  ASSERT_NE(car, WordNet::kNone);
  EXPECT_EQ(wordnet.senses(car, PartOfSpeech::kNoun)[0],
            wordnet.senses(automobile, PartOfSpeech::kNoun)[0]);
  EXPECT_EQ(wordnet.name(car), "car");
  const auto members = wordnet.members(wordnet.senses(car, PartOfSpeech::kNoun)[0]);
  std::vector<std::string_view> names;
  for (const uint32_t member : members) names.push_back(wordnet.name(member));
  EXPECT_THAT(names, ::testing::ElementsAre("car", "auto", "automobile", "machine", "motorcar"));
  EXPECT_NE(wordnet.find_compound(word_hash("ice"), word_hash("cream")), WordNet::kNone);
  EXPECT_EQ(wordnet.find_compound(word_hash("cream"), word_hash("piano")), WordNet::kNone);
}

TEST(WordNet, RefusesDamagedFilesAndDoesWithoutMissingOnes) {
  EXPECT_TRUE(WordNet("/nonexistent").empty());
  const TemporaryFolder temporary;
  const std::filesystem::path& folder = temporary.path();
  for (const char* part : {"noun", "verb", "adj", "adv"}) {
    std::ofstream(folder / (std::string("index.") + part)) << "cat n 1 0 1 0 00000000  \n";
    std::ofstream(folder / (std::string("data.") + part)) << "00000000 05 n 01 cat\n";
  }
  EXPECT_THROW(WordNet{folder}, Error);
  std::ofstream(folder / "index.noun") << "cat n one";
  EXPECT_THROW(WordNet{folder}, Error);
}

TEST(WordNet, WithoutGlossesTheRestIsTheSame) {
  const WordNet whole(default_wordnet_folder()),
      lean(default_wordnet_folder(), WordNet::Glosses::kLeave);
  if (whole.empty()) GTEST_SKIP() << "wordnet-base is not installed";
  ASSERT_EQ(lean.word_count(), whole.word_count());
  ASSERT_EQ(lean.sense_count(), whole.sense_count());
  size_t members = 0;
  for (uint32_t sense = 0; sense < whole.sense_count(); ++sense) {
    const auto a = whole.members(sense), b = lean.members(sense);
    ASSERT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end())) << sense;
    ASSERT_EQ(lean.pointers(sense).size(), whole.pointers(sense).size()) << sense;
    ASSERT_TRUE(lean.gloss(sense).empty());
    members += a.size();
  }
  EXPECT_EQ(members, 206978U);  // the sum of the word counts in its data files' lines
  for (uint32_t word = 0; word < whole.word_count(); ++word)
    ASSERT_EQ(lean.word(word).proper, whole.word(word).proper) << whole.name(word);
}

TEST(WordNetFiles, TheFirstThatIsMissingIsNamed) {
  EXPECT_EQ(missing_wordnet_file("/no/such/folder"), "/no/such/folder/index.noun");
  if (WordNet(default_wordnet_folder()).empty()) GTEST_SKIP() << "wordnet-base is not installed";
  EXPECT_FALSE(missing_wordnet_file(default_wordnet_folder()));
  // What EDA's recipes in ledgers were written with: Debian's WordNet 3.0.
  EXPECT_EQ(wordnet_digest("/usr/share/wordnet"),
            "ab801b0a58d5e47e8d3e45ffd9ea70be303491ed81b490490360b9b1bbffc399");
}

}  // namespace
}  // namespace clipwright::lexicon
