#include "lexicon/thesaurus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "lexicon/wordnet_files.h"

namespace clipwright::lexicon {
namespace {

TEST(Thesaurus, GivesTheSynonymsThatNltkGives) {
  // tests/golden/make_synonyms.py
  const Json golden =
      read_json(fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/synonyms/synonyms.json");
  Thesaurus thesaurus(default_wordnet_folder());
  ASSERT_GT(golden.size(), 200u);
  for (const auto& [word, expected] : golden.items()) {
    const auto synonyms = thesaurus.synonyms(word);
    std::vector<std::string> found(synonyms.begin(), synonyms.end());
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, expected.get<std::vector<std::string>>()) << word;
  }
}

TEST(Thesaurus, TheMostFrequentSenseComesFirst) {
  Thesaurus thesaurus(default_wordnet_folder());
  EXPECT_EQ(thesaurus.synonyms("car").front(), "auto");
  EXPECT_EQ(thesaurus.synonyms("dog").front(), "domestic dog");
  EXPECT_TRUE(thesaurus.synonyms("").empty());
  EXPECT_TRUE(thesaurus.synonyms("xyzzy").empty());
  EXPECT_TRUE(thesaurus.synonyms("\xff\xfe").empty());
}

TEST(Thesaurus, AFolderWithoutWordNetIsAUsageError) {
  try {
    Thesaurus thesaurus("/no/such/folder");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("wordnet-base"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("/no/such/folder/index.noun"), std::string::npos);
  }
}

TEST(Thesaurus, DamagedFilesAreAnInputError) {
  const fs::path folder = fs::temp_directory_path() / "clipwright-thesaurus";
  fs::remove_all(folder);
  fs::copy(default_wordnet_folder(), folder);
  const std::string data = read_file(folder / "data.noun");
  fs::permissions(folder / "data.noun", fs::perms::owner_all);
  std::ofstream(folder / "data.noun", std::ios::binary) << data.substr(0, data.size() / 8);
  try {
    Thesaurus thesaurus(folder);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_NE(std::string(error.what()).find("data.noun"), std::string::npos);
  }
  EXPECT_NE(wordnet_digest(folder), Thesaurus(default_wordnet_folder()).digest());
  // The exceptions belong to it: without them "mice" would lose its synonyms silently.
  fs::remove(folder / "noun.exc");
  EXPECT_THROW(Thesaurus{folder}, Error);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace clipwright::lexicon
