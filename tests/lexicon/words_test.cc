#include "lexicon/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

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

}  // namespace
}  // namespace clipwright::lexicon
