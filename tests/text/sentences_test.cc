#include "text/sentences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace clipwright::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Sentences, EndAtMarksBeforeABlankAndAtLines) {
  EXPECT_THAT(split_sentences("A dog runs. It is brown!  Is it fast? yes"),
              ElementsAre("A dog runs.", "It is brown!", "Is it fast?", "yes"));
  EXPECT_THAT(split_sentences("  a title\r\nand its text.\n\n the end \n"),
              ElementsAre("a title", "and its text.", "the end"));
  EXPECT_THAT(split_sentences("Well... that was it?! Yes."),
              ElementsAre("Well...", "that was it?!", "Yes."));
  EXPECT_THAT(split_sentences("He said \"run.\" (They ran.) \u201cWhy?\u201d Nobody knows."),
              ElementsAre("He said \"run.\"", "(They ran.)", "\u201cWhy?\u201d", "Nobody knows."));
}

TEST(Sentences, AMarkInsideAWordOrNumberEndsNothing) {
  EXPECT_THAT(split_sentences("see example.com for 3.5 mm plugs.and more"),
              ElementsAre("see example.com for 3.5 mm plugs.and more"));
}

TEST(Sentences, AbbreviationsAndInitialsEndNothing) {
  for (const std::string one : {"Mr. Smith and Dr. Jones meet J. R. Miller on St. Mark's Square",
                                "red, e.g. a car", "the U.S. Open", "house No. 5", "Nos. 3 and 4",
                                "approx. ten dogs vs. a cat (ca. 1900)", "On 5 Sept. it rained"}) {
    EXPECT_THAT(split_sentences(one), ElementsAre(one));
  }
  EXPECT_THAT(split_sentences("She said no. He left."), ElementsAre("She said no.", "He left."));
  EXPECT_THAT(split_sentences("a red bus. a cat."), ElementsAre("a red bus.", "a cat."));
  EXPECT_THAT(split_sentences("Dr... Who"), ElementsAre("Dr...", "Who"));
}

TEST(Sentences, APieceWithoutALetterIsNone) {
  EXPECT_THAT(split_sentences("1. a dog. 2. a cat. !!"), ElementsAre("1. a dog.", "2. a cat. !!"));
  EXPECT_THAT(split_sentences("... and so on. \u2014 \u201d"),
              ElementsAre("... and so on. \u2014 \u201d"));
  EXPECT_THAT(split_sentences("1999. 2000."), ElementsAre("1999. 2000."));
  EXPECT_THAT(split_sentences(""), IsEmpty());
  EXPECT_THAT(split_sentences(" \n\t "), IsEmpty());
}

TEST(Sentences, LettersBeyondAsciiAndBrokenBytesAreText) {
  EXPECT_THAT(split_sentences("\u043a\u043e\u0442. \u043f\u0435\u0441."),
              ElementsAre("\u043a\u043e\u0442.", "\u043f\u0435\u0441."));
  EXPECT_THAT(split_sentences("\xff\xfe. \xe2\x80"), ElementsAre("\xff\xfe. \xe2\x80"));
}

TEST(Sentences, NeighboursAreOnePieceOfTheText) {
  const std::string text = "One dog.  Two\tcats. Three";
  const auto sentences = split_sentences(text);
  ASSERT_EQ(sentences.size(), 3u);
  EXPECT_EQ(sentences[0].data(), text.data());
  EXPECT_EQ(std::string(sentences[0].data(), sentences[1].data() + sentences[1].size()),
            "One dog.  Two\tcats.");
}

}  // namespace
}  // namespace clipwright::text
