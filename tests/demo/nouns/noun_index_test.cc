#include "demo/nouns/noun_index.h"

#include <gtest/gtest.h>

namespace clipwright::demo::nouns {
namespace {

const std::vector<ObjectClass> kClasses{
    {0, "bear", ""},    {0, "grapes", ""},      {0, "house", "home"}, {0, "glasses", "eyeglasses"},
    {0, "hot dog", ""}, {0, "dog", ""},         {0, "cherries", ""},  {0, "bus", ""},
    {0, "lobster", ""}, {0, "seal", "sea lion"}};

TEST(NounIndex, ExactTitles) {
  const NounIndex nouns(kClasses);
  EXPECT_EQ(nouns.exact("Bear"), 0);
  EXPECT_EQ(nouns.exact("A big brown bear"), 0);
  EXPECT_EQ(nouns.exact("Clipart by Nicu Buculei - grape_01"), 1);
  EXPECT_EQ(nouns.exact("homes clipart"), 2);
  EXPECT_EQ(nouns.exact("Hot Dog (b and w)"), 4);
  EXPECT_EQ(nouns.exact("buses"), 7);
  for (const char* title :
       {"wine glass", "Glass", "dog house", "teddy bear", "Hotel Icon Bus Stop", "", "..."}) {
    EXPECT_EQ(nouns.exact(title), -1) << title;
  }
}

TEST(NounIndex, HeadsOfSentences) {
  const NounIndex nouns(kClasses);
  EXPECT_EQ(nouns.head("A spiny lobster, from the Hawaiian islands."), 8);
  EXPECT_EQ(nouns.head("A hot dog with mustard."), 4);
  EXPECT_EQ(nouns.head("A sea lion."), 9);
  EXPECT_EQ(nouns.head("The baby of a dog."), -1);
  EXPECT_EQ(nouns.head("A dog house."), 2);
  EXPECT_EQ(nouns.head("A drinking glass."), -1);
  EXPECT_EQ(nouns.head(""), -1);
}

TEST(NounIndex, Mentions) {
  const NounIndex nouns(kClasses);
  EXPECT_TRUE(nouns.mentions("big_house_01", 2));
  EXPECT_TRUE(nouns.mentions("hot dog", 4));
  EXPECT_FALSE(nouns.mentions("warehouse", 2));
}

}  // namespace
}  // namespace clipwright::demo::nouns
