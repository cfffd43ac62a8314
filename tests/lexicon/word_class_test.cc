#include "lexicon/word_class.h"

#include <gtest/gtest.h>

#include "lexicon/words.h"

namespace clipwright::lexicon {
namespace {

TEST(WordClass, KnowsItsClasses) {
  EXPECT_EQ(classify_word(word_hash("three")).value, 3);
  EXPECT_EQ(classify_word(word_hash("crimson")).value & classify_word(word_hash("red")).value,
            classify_word(word_hash("red")).value);
  EXPECT_EQ(classify_word(word_hash("teal")).value & classify_word(word_hash("red")).value, 0);
  EXPECT_NE(classify_word(word_hash("teal")).value & classify_word(word_hash("green")).value, 0);
  EXPECT_EQ(classify_word(word_hash("without")).kind, WordClass::kNegation);
  EXPECT_EQ(classify_word(word_hash("zebra")).kind, WordClass::kContent);
}

}  // namespace
}  // namespace clipwright::lexicon
