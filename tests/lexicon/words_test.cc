#include "lexicon/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "lexicon/morphology.h"
#include "lexicon/word_class.h"
#include "lexicon/wordnet.h"

#include <unistd.h>
#include <fstream>

namespace clipwright::lexicon {
namespace {

std::vector<std::string> split(std::string_view text) {
  Words words;
  split_words(text, words);
  std::vector<std::string> list;
  for (const Word& word : words.list) list.emplace_back(words.text(word));
  return list;
}

TEST(Words, SplitsAndLowers) {
  using ::testing::ElementsAre;
  EXPECT_THAT(split("A dog's ball, 1,000 T-shirts (3.5 kg)"),
              ElementsAre("a", "dog", "ball", "1000", "t", "shirts", "3.5", "kg"));
  EXPECT_THAT(split("isn\xE2\x80\x99t \xC3\x89t\xC3\x89"),
              ElementsAre("isn't", "\xC3\xA9t\xC3\xA9"));
  EXPECT_THAT(split("\xE7\x8C\xAB\xE7\x8A\xAC"), ElementsAre("\xE7\x8C\xAB", "\xE7\x8A\xAC"));
  EXPECT_THAT(split("a\xFF"
                    "b \xE2\x82"),
              ElementsAre("a", "b"));
  EXPECT_TRUE(split("  ...  ").empty());
}

TEST(Words, KnowsCaseAndSentences) {
  Words words;
  split_words("The Eiffel tower. NASA isn't here", words);
  EXPECT_TRUE(words.list[0].starts_sentence);
  EXPECT_TRUE(words.list[1].capitalised);
  EXPECT_FALSE(words.list[1].starts_sentence);
  EXPECT_TRUE(words.list[3].starts_sentence);
  EXPECT_TRUE(words.list[3].all_capitals);
  EXPECT_TRUE(words.list[4].denied);
}

TEST(Words, StemsMeetWithoutADictionary) {
  for (const auto& [a, b] :
       std::vector<std::pair<const char*, const char*>>{{"running", "runs"},
                                                        {"cities", "city"},
                                                        {"boxes", "box"},
                                                        {"hoped", "hoping"},
                                                        {"glasses", "glass"},
                                                        {"quickly", "quick"}}) {
    EXPECT_EQ(stem_hash(a), stem_hash(b)) << a << " " << b;
  }
  EXPECT_NE(stem_hash("bus"), stem_hash("bu"));
  EXPECT_NE(stem_hash("cat"), stem_hash("car"));
}

TEST(Lexicon, KnowsItsClasses) {
  EXPECT_EQ(classify_word(word_hash("three")).value, 3);
  EXPECT_EQ(classify_word(word_hash("crimson")).value & classify_word(word_hash("red")).value,
            classify_word(word_hash("red")).value);
  EXPECT_EQ(classify_word(word_hash("teal")).value & classify_word(word_hash("red")).value, 0);
  EXPECT_NE(classify_word(word_hash("teal")).value & classify_word(word_hash("green")).value, 0);
  EXPECT_EQ(classify_word(word_hash("without")).kind, WordClass::kNegation);
  EXPECT_EQ(classify_word(word_hash("zebra")).kind, WordClass::kContent);
}

TEST(WordNet, ReadsSensesFormsAndCompounds) {
  const WordNet wordnet("/usr/share/wordnet");
  if (wordnet.empty()) GTEST_SKIP() << "wordnet-base is not installed";
  EXPECT_EQ(wordnet.word_count(), 147306U);  // distinct lemmas of WordNet 3.0's four index files
  EXPECT_EQ(wordnet.sense_count(),
            117659U);  // its synsets, as its own statistics page (wnstats) gives them
  const uint32_t car = wordnet.find(word_hash("car")),
                 automobile = wordnet.find(word_hash("automobile"));
  ASSERT_NE(car, WordNet::kNone);
  EXPECT_EQ(wordnet.senses(car, PartOfSpeech::kNoun)[0],
            wordnet.senses(automobile, PartOfSpeech::kNoun)[0]);
  const auto base_of = [&](std::string_view form) {
    BaseForms forms;
    find_base_forms(wordnet, form, word_hash(form), forms);
    return forms.count > 0 ? wordnet.hash(forms.base()) : 0;
  };
  EXPECT_EQ(base_of("mice"), word_hash("mouse"));
  EXPECT_EQ(base_of("riding"), word_hash("ride"));
  EXPECT_EQ(base_of("ran"), word_hash("run"));
  EXPECT_EQ(base_of("swimming"), word_hash("swim"));
  EXPECT_EQ(base_of("boxes"), word_hash("box"));
  EXPECT_NE(wordnet.find_compound(word_hash("ice"), word_hash("cream")), WordNet::kNone);
  EXPECT_EQ(wordnet.find_compound(word_hash("cream"), word_hash("piano")), WordNet::kNone);
}

TEST(WordNet, RefusesDamagedFilesAndDoesWithoutMissingOnes) {
  EXPECT_TRUE(WordNet("/nonexistent").empty());
  std::string pattern =
      (std::filesystem::temp_directory_path() / "clipwright-wordnet-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  for (const char* part : {"noun", "verb", "adj", "adv"}) {
    std::ofstream(folder / (std::string("index.") + part)) << "cat n 1 0 1 0 00000000  \n";
    std::ofstream(folder / (std::string("data.") + part)) << "00000000 05 n 01 cat\n";
  }
  EXPECT_THROW(WordNet{folder}, Error);
  std::ofstream(folder / "index.noun") << "cat n one";
  EXPECT_THROW(WordNet{folder}, Error);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace clipwright::lexicon
